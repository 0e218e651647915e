"""Counters of limits while Redis is away."""

from typing import ClassVar

from django.db import models


class LimitCounter(models.Model):
    """How often somebody did something in a window that ends; the key is a keyed hash, so it names nobody."""

    key = models.CharField(primary_key=True, max_length=80, db_comment="What is counted, and a keyed hash of for whom")
    uses = models.IntegerField(db_comment="Uses since the window began")
    ends_at = models.DateTimeField(db_comment="When the window ends; the next use begins another")
    held_until = models.DateTimeField(null=True, db_comment="When a growing delay lets the next use through")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["ends_at"], name="common_limitcounter_ends")]

    def __str__(self) -> str:
        return self.key
