"""What finds the products that are due, built beside running sales; the checks of the schedule hold for every row by now."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("products", "0016_schedule")]

    operations = [
        AddIndexConcurrently(
            model_name="product",
            index=models.Index(
                condition=models.Q(("publish_at__isnull", False)),
                fields=["publish_at"],
                name="products_product_publish_at",
            ),
        ),
        AddIndexConcurrently(
            model_name="product",
            index=models.Index(
                condition=models.Q(("unpublish_at__isnull", False)),
                fields=["unpublish_at"],
                name="products_product_unpublish_at",
            ),
        ),
        ValidateConstraint(model_name="product", name="products_product_hidden_until_published"),
        ValidateConstraint(model_name="product", name="products_product_published_before_its_end"),
    ]
