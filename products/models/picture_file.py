"""What is known of the files of products' pictures, whichever products show them."""

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class PictureFile(models.Model):
    """One file in storage, under the name that tells its content, and the smaller ones made of it.

    A trigger writes the row with the first picture that points to the file, whoever adds it, so the row is the order
    to a worker and cannot be lost. Products share files, so no row here belongs to one.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"

    name = models.CharField(max_length=100, unique=True, db_comment="Name in storage")
    state = models.CharField(
        max_length=10,
        choices=State.choices,
        default=State.WAITING,
        db_default=State.WAITING,
        db_comment="Whether the renditions are still to be made, are there, or cannot be made",
    )
    width = models.PositiveIntegerField(null=True, blank=True, db_comment="Pixels; null until it was decoded")
    height = models.PositiveIntegerField(null=True, blank=True, db_comment="Pixels; null until it was decoded")
    renditions = models.JSONField(
        default=list, db_default=[], db_comment="Smaller files made of it: [{name, format, width, height}]"
    )
    attempts = models.PositiveSmallIntegerField(
        default=0, db_default=0, db_comment="How often a worker has begun to make them, in vain"
    )
    next_attempt_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="When a worker may begin")
    error = models.TextField(blank=True, default="", db_default="", db_comment="Why the last attempt failed")
    wanted_at = models.DateTimeField(
        auto_now_add=True, db_default=Now(), db_comment="When somebody last stored it; a sweep leaves young ones alone"
    )

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=Q(state="waiting"),
                name="products_picturefile_due",
            ),
            # For the sweep, which asks of each file of storage whether any row names it.
            GinIndex(fields=["renditions"], opclasses=["jsonb_path_ops"], name="products_picturefile_named"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="waiting")
                | Q(state="ready", width__isnull=False, width__gte=1, height__gte=1, error="")
                | (Q(state="failed") & ~Q(error="")),
                name="products_picturefile_state",
            ),
            models.CheckConstraint(
                condition=Q(width__isnull=True, height__isnull=True) | Q(width__isnull=False, height__isnull=False),
                name="products_picturefile_size",
            ),
        ]

    def __str__(self) -> str:
        return self.name
