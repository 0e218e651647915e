"""Triggers that keep `updated_at`."""

from django.db import migrations

from common.database import touch_trigger


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [
        touch_trigger("orders_cart"),
        touch_trigger("orders_order"),
    ]
