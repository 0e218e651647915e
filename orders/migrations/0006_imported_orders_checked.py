"""Holds the rows that were there against the constraints, without locking anybody out."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0005_imported_orders")]

    operations = [
        ValidateConstraint(model_name="order", name="orders_order_imported"),
        ValidateConstraint(model_name="orderitem", name="orders_orderitem_untaken_bounded"),
    ]
