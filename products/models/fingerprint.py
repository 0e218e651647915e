"""Fingerprints of rows of files, by which an import knows again what would change nothing."""

from typing import ClassVar

from django.db import models


class ImportFingerprint(models.Model):
    """A row of a file that is known to be what the shop has, as long as the product stays at this version.

    The keys are no foreign keys, as triggers delete what loses its product or variation.
    """

    product_id = models.BigIntegerField(db_comment="Key of the product, or of the variation's product")
    variation_id = models.BigIntegerField(
        null=True, blank=True, db_comment="Key of the variation; null for the product's own row"
    )
    version = models.BigIntegerField(db_comment="Version of the product's listing when the row was what the shop had")
    digest = models.UUIDField(db_comment="Digest of the row's cells")
    rules = models.UUIDField(
        db_comment="Digest of all else that decides what the row does: code, format, header, category tree"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["product_id", "variation_id"], name="products_importfingerprint_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"fingerprint of product {self.product_id}, variation {self.variation_id}"
