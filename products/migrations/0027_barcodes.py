"""Barcodes of products and variations; the default is the database's, so no row is rewritten."""

from django.db import migrations, models


def _barcode() -> models.Field:
    return models.CharField(
        blank=True, db_comment="GTIN, UPC, EAN or ISBN; empty for none", db_default="", default="", max_length=50
    )


class Migration(migrations.Migration):
    dependencies = [("products", "0026_stock_alerts_and_notices")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField("product", "barcode", _barcode()),
        migrations.AddField("productvariation", "barcode", _barcode()),
    ]
