"""Imports and exports as jobs: what was asked for, how far it is, and what came of it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from common.models.imports import ImportBatch
from common.querysets import ExportJobQuerySet, ImportJobQuerySet


class Job(models.Model):
    """Work that a worker does in the background and may have to begin again."""

    subject = models.CharField(
        max_length=30, db_comment="What it is about, as commands name it: products, customers, ..."
    )
    attempts = models.PositiveIntegerField(
        default=0,
        db_default=0,
        db_comment="How often its present step was begun; tells a worker that another took over",
    )
    failures = models.PositiveSmallIntegerField(
        default=0, db_default=0, db_comment="How often the step broke or its worker died; after three it is given up"
    )
    next_attempt_at = models.DateTimeField(db_default=Now(), db_comment="Not to be begun before")
    progress_done = models.PositiveBigIntegerField(
        default=0, db_default=0, db_comment="How much of the present step is done: bytes of a file, rows of an export"
    )
    progress_total = models.PositiveBigIntegerField(
        default=0, db_default=0, db_comment="How much there is to do; 0 while unknown"
    )
    started_at = models.DateTimeField(null=True, db_comment="When its present step was begun last")
    heartbeat_at = models.DateTimeField(null=True, db_comment="When a worker last said that it is at it")
    error_code = models.CharField(
        max_length=40, blank=True, default="", db_default="", db_comment="Why it failed, as a stable code"
    )
    error_detail = models.TextField(blank=True, default="", db_default="", db_comment="Why it failed, for people")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_comment="Who asked for it; null once the account is gone",
    )
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="When it was asked for")
    finished_at = models.DateTimeField(null=True, db_comment="When it ended, in whatever way")

    class Meta:
        abstract = True


class ImportJob(Job):
    """One uploaded file: checked first, which tells the difference, and imported once somebody confirms it."""

    class Status(models.TextChoices):
        UPLOADED = "uploaded", "Waiting for the check"
        CHECKING = "checking", "Being checked"
        CHECKED = "checked", "Checked, waiting for you"
        CONFIRMED = "confirmed", "Waiting for the import"
        IMPORTING = "importing", "Being imported"
        DONE = "done", "Imported"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    format = models.CharField(max_length=30, db_comment="Format asked for, or auto; once read, the one that it is")
    mode = models.CharField(max_length=10, db_comment="What it may do: upsert, create or update")
    encoding = models.CharField(
        max_length=30, blank=True, default="", db_default="", db_comment="Encoding asked for; empty is found out"
    )
    file_name = models.CharField(max_length=255, db_comment="Name of the file as it was uploaded, without its folder")
    stored_file = models.CharField(max_length=200, db_comment="Its name in private storage")
    stored_images = models.CharField(
        max_length=200, blank=True, default="", db_default="", db_comment="Name of the ZIP of pictures, if any"
    )
    stored_refused = models.CharField(
        max_length=200, blank=True, default="", db_default="", db_comment="Name of the CSV of refused rows, if any"
    )
    sha256 = models.CharField(max_length=64, db_comment="SHA-256 of the file, in hexadecimal")
    size = models.PositiveBigIntegerField(db_comment="Bytes of the file")
    status = models.CharField(
        max_length=10,
        choices=Status.choices,
        default=Status.UPLOADED,
        db_default=Status.UPLOADED,
        db_comment="Where it stands; moved by common.imports.jobs only",
    )
    created_count = models.PositiveIntegerField(default=0, db_default=0, db_comment="Creates; in a check: would")
    updated_count = models.PositiveIntegerField(default=0, db_default=0, db_comment="Changes; in a check: would")
    unchanged_count = models.PositiveIntegerField(default=0, db_default=0, db_comment="What is as the file says")
    skipped_count = models.PositiveIntegerField(default=0, db_default=0, db_comment="What the mode leaves out")
    refused_count = models.PositiveIntegerField(default=0, db_default=0, db_comment="Rows of the file that are refused")
    stock_differs_count = models.PositiveIntegerField(
        default=0, db_default=0, db_comment="What states another stock than the shop has, which stays"
    )
    confirmed_at = models.DateTimeField(null=True, db_comment="When somebody asked for the import itself")
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_comment="Who confirmed it, in whose name the batch stands",
    )
    batch = models.OneToOneField(
        ImportBatch,
        on_delete=models.SET_NULL,
        null=True,
        related_name="job",
        db_comment="What the import changed; null where it changed nothing",
    )

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        verbose_name = "import"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=["uploaded", "checking", "checked"], confirmed_at=None)
                | Q(status__in=["confirmed", "importing", "done"], confirmed_at__isnull=False)
                | Q(status__in=["failed", "cancelled"]),
                name="common_importjob_status",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["done", "failed", "cancelled"], finished_at__isnull=False)
                | (~Q(status__in=["done", "failed", "cancelled"]) & Q(finished_at=None)),
                name="common_importjob_finished",
            ),
            models.CheckConstraint(
                condition=(Q(status="failed") & ~Q(error_code=""))
                | (~Q(status="failed") & Q(error_code="", error_detail="")),
                name="common_importjob_error",
            ),
            models.CheckConstraint(condition=Q(status="done") | Q(batch=None), name="common_importjob_batch"),
            models.CheckConstraint(
                condition=Q(progress_done__lte=F("progress_total")), name="common_importjob_progress"
            ),
            models.CheckConstraint(condition=Q(mode__in=["upsert", "create", "update"]), name="common_importjob_mode"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["id"],
                condition=Q(status__in=["uploaded", "checking", "confirmed", "importing"]),
                name="common_importjob_due",
            ),
            models.Index(fields=["created_at"], name="common_importjob_created"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}: {self.file_name}"

    @property
    def is_moving(self) -> bool:
        """Whether a worker is at it or will be without anybody's doing."""
        return self.status in {"uploaded", "checking", "confirmed", "importing"}


class ImportJobChange(models.Model):
    """One row of the difference that a check found; the first ten thousand are kept."""

    job = models.ForeignKey(
        ImportJob, on_delete=models.CASCADE, related_name="changes", db_index=False, db_comment="Job reference"
    )
    position = models.PositiveIntegerField(db_comment="Place in the difference, from 1")
    line = models.PositiveIntegerField(db_comment="Line of the file")
    action = models.CharField(max_length=20, db_comment="create, update, or stock_differs, which is told and not done")
    kind = models.CharField(max_length=20, db_comment="What it is, such as product or variation")
    label = models.TextField(db_comment="What people know it by, such as the SKU")
    values = models.JSONField(db_comment="Column to the value now and the one wanted, long texts cut")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "position"], name="common_importjobchange_once"),
        ]

    def __str__(self) -> str:
        return f"line {self.line}: {self.action} {self.kind} {self.label}"


class ImportJobRefusal(models.Model):
    """One reason for which a row was refused; the first ten thousand are kept, the CSV of refused rows has all."""

    job = models.ForeignKey(
        ImportJob, on_delete=models.CASCADE, related_name="refusals", db_index=False, db_comment="Job reference"
    )
    position = models.PositiveIntegerField(db_comment="Place among the refusals, from 1")
    line = models.PositiveIntegerField(db_comment="Line of the file")
    column = models.TextField(db_comment="Column of the file; empty where the row as a whole is to blame")
    value = models.TextField(db_comment="The value that breaks the rule, cut where long")
    code = models.CharField(max_length=50, db_comment="Stable code of the rule")
    reason = models.TextField(db_comment="Why, for people")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "position"], name="common_importjobrefusal_once"),
        ]

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class ExportJob(Job):
    """A file that somebody wants written, to be downloaded when it is there."""

    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting"
        EXPORTING = "exporting", "Being written"
        DONE = "done", "Ready"
        FAILED = "failed", "Failed"

    status = models.CharField(
        max_length=10,
        choices=Status.choices,
        default=Status.QUEUED,
        db_default=Status.QUEUED,
        db_comment="Where it stands; moved by common.imports.jobs only",
    )
    stored_file = models.CharField(
        max_length=200, blank=True, default="", db_default="", db_comment="Name of the file in private storage"
    )
    size = models.PositiveBigIntegerField(default=0, db_default=0, db_comment="Bytes of the file")
    row_count = models.PositiveBigIntegerField(default=0, db_default=0, db_comment="Rows below the header")

    objects = ExportJobQuerySet.as_manager()

    class Meta:
        verbose_name = "export"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=["queued", "exporting"], finished_at=None, stored_file="")
                | Q(status="failed", finished_at__isnull=False, stored_file="")
                | (Q(status="done", finished_at__isnull=False) & ~Q(stored_file="")),
                name="common_exportjob_status",
            ),
            models.CheckConstraint(
                condition=(Q(status="failed") & ~Q(error_code=""))
                | (~Q(status="failed") & Q(error_code="", error_detail="")),
                name="common_exportjob_error",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(status__in=["queued", "exporting"]), name="common_exportjob_due"),
            models.Index(fields=["created_at"], name="common_exportjob_created"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}: {self.subject}"

    @property
    def file_name(self) -> str:
        """The name under which the file is downloaded."""
        return f"{self.subject}-{self.created_at:%Y-%m-%d}-{self.pk}.csv"

    @property
    def is_moving(self) -> bool:
        """Whether a worker is at it or will be."""
        return self.status in {"queued", "exporting"}
