"""Feeds of stock that count changes: remembered, so that none counts twice."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from common.models import ImportBatch


class StockFeed(models.Model):
    """A file of changes to stock that was begun: how far it came, and whether it is done."""

    name = models.CharField(
        max_length=100, unique=True, db_comment="What the sender calls it, else the SHA-256 of its content"
    )
    content = models.CharField(max_length=64, db_comment="SHA-256 of the file")
    done_line = models.PositiveIntegerField(
        default=0, db_default=0, db_comment="Line of the file up to which changes are booked"
    )
    finished_at = models.DateTimeField(null=True, blank=True, db_comment="When all of it was booked")
    batch = models.ForeignKey(
        ImportBatch,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_comment="The batch that remembers what it changed",
    )
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="When it was begun")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["created_at"], name="products_stockfeed_created")]

    def __str__(self) -> str:
        return self.name
