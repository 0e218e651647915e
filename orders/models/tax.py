"""Tax rates by country, region and tax class."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class TaxRate(models.Model):
    """A rate in per cent; the most specific one that matches the address and the product's class holds."""

    name = models.CharField(max_length=100, db_comment="Shown on tax lines, such as VAT")
    country = models.CharField(max_length=2, db_comment="ISO 3166-1 alpha-2")
    region = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        db_comment="State or region; empty is all of them",
    )
    tax_class = models.CharField(
        max_length=50,
        blank=True,
        default="",
        db_default="",
        db_comment="Product tax class; empty is the standard one",
    )
    rate = models.DecimalField(max_digits=6, decimal_places=3, db_comment="Per cent")
    applies_to_shipping = models.BooleanField(default=False, db_default=False, db_comment="Whether shipping is taxed")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["country", "region", "tax_class"], name="orders_taxrate_once"),
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lte=100), name="orders_taxrate_rate"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.rate} %"
