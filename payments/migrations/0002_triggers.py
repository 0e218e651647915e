"""Triggers that keep `updated_at`."""

from django.db import migrations

from common.database import touch_trigger


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]

    operations = [
        touch_trigger("payments_payment"),
        touch_trigger("payments_refund"),
    ]
