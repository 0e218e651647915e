"""Where a guest's open order was placed from; the index is made without locking anybody out."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0006_imported_orders_checked")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="placed_from",
            field=models.CharField(
                blank=True,
                db_comment="Keyed hash of the network that a guest ordered from, which LIMIT_HOLD counts by",
                db_default="",
                default="",
                editable=False,
                max_length=80,
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                fields=["placed_from"],
                condition=Q(status="pending") & ~Q(placed_from=""),
                name="orders_order_held_from",
            ),
        ),
    ]
