"""Batches: what each import changed, as it was before and as the import left it, so that it can be undone."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from products.querysets.imports import ImportBatchQuerySet


class ImportBatch(models.Model):
    """One applied import that changed something."""

    class Status(models.TextChoices):
        APPLIED = "applied", "Applied"
        UNDONE = "undone", "Undone"
        PARTLY_UNDONE = "partly_undone", "Partly undone"

    file_name = models.CharField(max_length=255, db_comment="Name of the file, without its folder")
    format = models.CharField(max_length=30, db_comment="Format that the file was read as")
    mode = models.CharField(max_length=10, db_comment="What the import could do: upsert, create or update")
    status = models.CharField(
        max_length=20,
        choices=Status.choices,
        default=Status.APPLIED,
        db_default=Status.APPLIED,
        db_comment="Whether it was undone since, wholly or in part",
    )
    created_count = models.PositiveIntegerField(default=0, db_default=0, db_comment="Rows that created something")
    updated_count = models.PositiveIntegerField(default=0, db_default=0, db_comment="Rows that changed something")
    unchanged_count = models.PositiveIntegerField(default=0, db_default=0, db_comment="Rows that changed nothing")
    skipped_count = models.PositiveIntegerField(default=0, db_default=0, db_comment="Rows that the mode left out")
    refused_count = models.PositiveIntegerField(default=0, db_default=0, db_comment="Rows that were refused")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_comment="Who imported it; null for the command line without a name, and the shop itself",
    )
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="When it was imported")
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_comment="Who undid it; null as for actor",
    )
    undone_at = models.DateTimeField(null=True, blank=True, db_comment="When it was undone; null is not")
    put_back_count = models.PositiveIntegerField(
        default=0, db_default=0, db_comment="Changes that the undo put back wholly"
    )
    left_count = models.PositiveIntegerField(
        default=0, db_default=0, db_comment="Changes that the undo left, wholly or in part"
    )

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "import batches"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status="applied", undone_at=None, put_back_count=0, left_count=0)
                | Q(status="undone", undone_at__isnull=False, left_count=0)
                | Q(status="partly_undone", undone_at__isnull=False, left_count__gte=1),
                name="products_importbatch_status",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}: {self.file_name}"


class ImportChange(models.Model):
    """One thing that a batch created or changed, and what an undo did with it.

    `target_id` is no foreign key, since the change outlives what it created. `before` and `after` hold the columns
    that the import changed; of a created row `after` holds all that it wrote, a long text as its MD5.
    """

    class Kind(models.TextChoices):
        PRODUCT = "product", "Product"
        VARIATION = "variation", "Variation"
        CATEGORY = "category", "Category"
        STOCK = "stock", "Own stock"

    class Action(models.TextChoices):
        CREATED = "created", "Created"
        UPDATED = "updated", "Updated"

    class Outcome(models.TextChoices):
        NONE = "", "Not undone"
        PUT_BACK = "put_back", "Put back"
        PARTLY = "partly", "Put back in part"
        LEFT = "left", "Left"

    batch = models.ForeignKey(
        ImportBatch,
        on_delete=models.CASCADE,
        related_name="changes",
        db_index=False,  # the unique constraint begins with it
        db_comment="Batch reference",
    )
    kind = models.CharField(
        max_length=10,
        choices=Kind.choices,
        db_comment="What it is; stock is a product's own level, given up for its first variations",
    )
    action = models.CharField(max_length=10, choices=Action.choices, db_comment="Created or updated")
    target_id = models.BigIntegerField(db_comment="Key of the product, variation or category")
    label = models.TextField(db_comment="The SKU, or the path of a category")
    line = models.PositiveIntegerField(null=True, blank=True, db_comment="Line of the file, where one row made it")
    before = models.JSONField(
        null=True, blank=True, db_comment="The changed columns as they were; null for what was created"
    )
    after = models.JSONField(db_comment="The same columns as the import left them; of what was created, all of them")
    outcome = models.CharField(
        max_length=10,
        choices=Outcome.choices,
        blank=True,
        default=Outcome.NONE,
        db_default=Outcome.NONE,
        db_comment="What the undo did with it; empty before",
    )
    reason = models.TextField(
        blank=True, default="", db_default="", db_comment="Why the undo left it or a column of it"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "kind", "target_id"], name="products_importchange_once"),
            models.CheckConstraint(
                condition=Q(action="created", before__isnull=True) | Q(action="updated", before__isnull=False),
                name="products_importchange_before",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["product", "variation", "category", "stock"]), name="products_importchange_kind"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["", "put_back"]) | (Q(outcome__in=["partly", "left"]) & ~Q(reason="")),
                name="products_importchange_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.kind} {self.label}"


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
