"""Who still calls what of the API is deprecated."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class DeprecatedCall(models.Model):
    """How often one caller has used one deprecated part of the API; a user, or guests by the program that they use."""

    part = models.CharField(
        max_length=200, db_comment="Method and path pattern; with the parameter or field where only that is deprecated"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_comment="Who called; null for guests",
    )
    client = models.CharField(
        max_length=100, db_comment="Of guests the origin of the storefront, or else the program's name; else empty"
    )
    calls = models.BigIntegerField(db_comment="Calls counted so far")
    first_called_at = models.DateTimeField(db_default=Now(), db_comment="When the first was counted")
    last_called_at = models.DateTimeField(db_default=Now(), db_comment="When the last were counted")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["part", "user", "client"], nulls_distinct=False, name="common_deprecatedcall_once"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["last_called_at"], name="common_deprecatedcall_last")]

    def __str__(self) -> str:
        return self.part
