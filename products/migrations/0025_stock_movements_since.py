"""What moved since a count is found by index; built, and the constraint on counts proved, while the shop sells."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("products", "0024_stock_feeds")]

    operations = [
        AddIndexConcurrently(
            "stockmovement", models.Index(fields=["product", "created_at"], name="products_stockmovement_since")
        ),
        ValidateConstraint("stockmovement", "products_stockmovement_counted_before"),
    ]
