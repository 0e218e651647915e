"""Where an order came from, and what of it was never taken from this shop's stock."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_invoice_triggers")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="imported_at",
            field=models.DateTimeField(
                blank=True,
                db_comment="When an import brought it in; null where this shop sold it",
                editable=False,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="imported_digest",
            field=models.CharField(
                blank=True,
                db_comment="MD5 of what the last import wrote; where the order says something else, it was changed since",
                db_default="",
                default="",
                editable=False,
                max_length=32,
            ),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="untaken_quantity",
            field=models.IntegerField(
                db_comment="Units that were not taken from this shop's stock, as the order came by import",
                db_default=0,
                default=0,
                editable=False,
            ),
        ),
        AddConstraintNotValid(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=Q(imported_at=None, imported_digest="")
                | (Q(imported_at__isnull=False) & ~Q(imported_digest="")),
                name="orders_order_imported",
            ),
        ),
        AddConstraintNotValid(
            model_name="orderitem",
            constraint=models.CheckConstraint(
                condition=Q(untaken_quantity__gte=0, untaken_quantity__lte=F("quantity")),
                name="orders_orderitem_untaken_bounded",
            ),
        ),
    ]
