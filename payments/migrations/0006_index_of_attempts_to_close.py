from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("payments", "0005_closed_at"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("closed_at", None), ("status", "failed"), ("transaction_id__isnull", False)),
                fields=["updated_at"],
                name="payments_payment_to_close",
            ),
        ),
    ]
