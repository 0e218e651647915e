"""What finds a product by its barcode, built while the shop sells."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


def _index(name: str) -> models.Index:
    return models.Index(condition=models.Q(("barcode", ""), _negated=True), fields=["barcode"], name=name)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("products", "0027_barcodes")]

    operations = [
        AddIndexConcurrently("product", _index("products_product_barcode")),
        AddIndexConcurrently("productvariation", _index("products_variation_barcode")),
    ]
