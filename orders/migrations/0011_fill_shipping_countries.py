"""Orders of before get their country, batch by batch, beside the shop that sells."""

from django.db import migrations

from common.backfills.migrating import RunBackfill


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("common", "0011_backfills"), ("orders", "0010_shipping_country_trigger")]

    operations = [RunBackfill("orders.shipping_country", table="orders_order")]
