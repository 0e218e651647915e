"""Pictures that an import names by address, to be fetched by a worker."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from common.remote_files import LONGEST_URL
from products.models.product import Product


class WantedPicture(models.Model):
    """One address of one product: the order to fetch it, and then the memory that it was fetched."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    product = models.ForeignKey(
        Product,
        on_delete=models.CASCADE,
        related_name="wanted_pictures",
        db_index=False,  # the unique constraint begins with it
        db_comment="Product reference",
    )
    url = models.CharField(max_length=LONGEST_URL, db_comment="Where the picture is")
    alt_text = models.CharField(
        max_length=255, blank=True, default="", db_default="", db_comment="Alt text that it gets"
    )
    place = models.PositiveIntegerField(default=1, db_default=1, db_comment="Display order that it gets")
    state = models.CharField(
        max_length=10,
        choices=State.choices,
        default=State.WAITING,
        db_default=State.WAITING,
        db_comment="Whether it is still to be fetched, was, or cannot be",
    )
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0, db_comment="How often it was tried")
    next_attempt_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="When it may be tried")
    error = models.TextField(blank=True, default="", db_default="", db_comment="Why the last attempt failed")
    picture_id = models.BigIntegerField(
        null=True,
        blank=True,
        db_comment="Key of the picture that it became, which may be gone since; null where the product had it already",
    )
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="When it was first named")
    fetched_at = models.DateTimeField(null=True, blank=True, db_comment="When it was fetched")

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at", "id"], condition=Q(state="waiting"), name="products_wantedpicture_due"
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "url"], name="products_wantedpicture_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", fetched_at=None, picture_id=None)
                | Q(state="done", fetched_at__isnull=False, error="")
                | (Q(state="failed", fetched_at=None, picture_id=None) & ~Q(error="")),
                name="products_wantedpicture_state",
            ),
        ]

    def __str__(self) -> str:
        return self.url
