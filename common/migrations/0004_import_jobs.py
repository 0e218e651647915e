"""Imports and exports as jobs."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("common", "0003_import_batches"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # The new tables refer to users and batches, which takes a short lock on those: never wait for it in a live shop.
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="ImportJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "subject",
                    models.CharField(
                        db_comment="What it is about, as commands name it: products, customers, ...", max_length=30
                    ),
                ),
                (
                    "attempts",
                    models.PositiveIntegerField(
                        db_comment="How often its present step was begun; tells a worker that another took over",
                        db_default=0,
                        default=0,
                    ),
                ),
                (
                    "failures",
                    models.PositiveSmallIntegerField(
                        db_comment="How often the step broke or its worker died; after three it is given up",
                        db_default=0,
                        default=0,
                    ),
                ),
                (
                    "next_attempt_at",
                    models.DateTimeField(
                        db_comment="Not to be begun before", db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                (
                    "progress_done",
                    models.PositiveBigIntegerField(
                        db_comment="How much of the present step is done: bytes of a file, rows of an export",
                        db_default=0,
                        default=0,
                    ),
                ),
                (
                    "progress_total",
                    models.PositiveBigIntegerField(
                        db_comment="How much there is to do; 0 while unknown", db_default=0, default=0
                    ),
                ),
                ("started_at", models.DateTimeField(db_comment="When its present step was begun last", null=True)),
                (
                    "heartbeat_at",
                    models.DateTimeField(db_comment="When a worker last said that it is at it", null=True),
                ),
                (
                    "error_code",
                    models.CharField(
                        blank=True,
                        db_comment="Why it failed, as a stable code",
                        db_default="",
                        default="",
                        max_length=40,
                    ),
                ),
                (
                    "error_detail",
                    models.TextField(blank=True, db_comment="Why it failed, for people", db_default="", default=""),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        auto_now_add=True,
                        db_comment="When it was asked for",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                ("finished_at", models.DateTimeField(db_comment="When it ended, in whatever way", null=True)),
                (
                    "format",
                    models.CharField(
                        db_comment="Format asked for, or auto; once read, the one that it is", max_length=30
                    ),
                ),
                ("mode", models.CharField(db_comment="What it may do: upsert, create or update", max_length=10)),
                (
                    "encoding",
                    models.CharField(
                        blank=True,
                        db_comment="Encoding asked for; empty is found out",
                        db_default="",
                        default="",
                        max_length=30,
                    ),
                ),
                (
                    "file_name",
                    models.CharField(
                        db_comment="Name of the file as it was uploaded, without its folder", max_length=255
                    ),
                ),
                ("stored_file", models.CharField(db_comment="Its name in private storage", max_length=200)),
                (
                    "stored_images",
                    models.CharField(
                        blank=True,
                        db_comment="Name of the ZIP of pictures, if any",
                        db_default="",
                        default="",
                        max_length=200,
                    ),
                ),
                (
                    "stored_refused",
                    models.CharField(
                        blank=True,
                        db_comment="Name of the CSV of refused rows, if any",
                        db_default="",
                        default="",
                        max_length=200,
                    ),
                ),
                ("sha256", models.CharField(db_comment="SHA-256 of the file, in hexadecimal", max_length=64)),
                ("size", models.PositiveBigIntegerField(db_comment="Bytes of the file")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("uploaded", "Waiting for the check"),
                            ("checking", "Being checked"),
                            ("checked", "Checked, waiting for you"),
                            ("confirmed", "Waiting for the import"),
                            ("importing", "Being imported"),
                            ("done", "Imported"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        db_comment="Where it stands; moved by common.imports.jobs only",
                        db_default="uploaded",
                        default="uploaded",
                        max_length=10,
                    ),
                ),
                (
                    "created_count",
                    models.PositiveIntegerField(db_comment="Creates; in a check: would", db_default=0, default=0),
                ),
                (
                    "updated_count",
                    models.PositiveIntegerField(db_comment="Changes; in a check: would", db_default=0, default=0),
                ),
                (
                    "unchanged_count",
                    models.PositiveIntegerField(db_comment="What is as the file says", db_default=0, default=0),
                ),
                (
                    "skipped_count",
                    models.PositiveIntegerField(db_comment="What the mode leaves out", db_default=0, default=0),
                ),
                (
                    "refused_count",
                    models.PositiveIntegerField(
                        db_comment="Rows of the file that are refused", db_default=0, default=0
                    ),
                ),
                (
                    "stock_differs_count",
                    models.PositiveIntegerField(
                        db_comment="What states another stock than the shop has, which stays", db_default=0, default=0
                    ),
                ),
                (
                    "confirmed_at",
                    models.DateTimeField(db_comment="When somebody asked for the import itself", null=True),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        db_comment="Who asked for it; null once the account is gone",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "batch",
                    models.OneToOneField(
                        db_comment="What the import changed; null where it changed nothing",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="job",
                        to="common.importbatch",
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        db_comment="Who confirmed it, in whose name the batch stands",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "import",
            },
        ),
        migrations.CreateModel(
            name="ImportJobChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField(db_comment="Place in the difference, from 1")),
                ("line", models.PositiveIntegerField(db_comment="Line of the file")),
                (
                    "action",
                    models.CharField(
                        db_comment="create, update, or stock_differs, which is told and not done", max_length=20
                    ),
                ),
                ("kind", models.CharField(db_comment="What it is, such as product or variation", max_length=20)),
                ("label", models.TextField(db_comment="What people know it by, such as the SKU")),
                ("values", models.JSONField(db_comment="Column to the value now and the one wanted, long texts cut")),
                (
                    "job",
                    models.ForeignKey(
                        db_comment="Job reference",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="common.importjob",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ImportJobRefusal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField(db_comment="Place among the refusals, from 1")),
                ("line", models.PositiveIntegerField(db_comment="Line of the file")),
                (
                    "column",
                    models.TextField(db_comment="Column of the file; empty where the row as a whole is to blame"),
                ),
                ("value", models.TextField(db_comment="The value that breaks the rule, cut where long")),
                ("code", models.CharField(db_comment="Stable code of the rule", max_length=50)),
                ("reason", models.TextField(db_comment="Why, for people")),
                (
                    "job",
                    models.ForeignKey(
                        db_comment="Job reference",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="refusals",
                        to="common.importjob",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ExportJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "subject",
                    models.CharField(
                        db_comment="What it is about, as commands name it: products, customers, ...", max_length=30
                    ),
                ),
                (
                    "attempts",
                    models.PositiveIntegerField(
                        db_comment="How often its present step was begun; tells a worker that another took over",
                        db_default=0,
                        default=0,
                    ),
                ),
                (
                    "failures",
                    models.PositiveSmallIntegerField(
                        db_comment="How often the step broke or its worker died; after three it is given up",
                        db_default=0,
                        default=0,
                    ),
                ),
                (
                    "next_attempt_at",
                    models.DateTimeField(
                        db_comment="Not to be begun before", db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                (
                    "progress_done",
                    models.PositiveBigIntegerField(
                        db_comment="How much of the present step is done: bytes of a file, rows of an export",
                        db_default=0,
                        default=0,
                    ),
                ),
                (
                    "progress_total",
                    models.PositiveBigIntegerField(
                        db_comment="How much there is to do; 0 while unknown", db_default=0, default=0
                    ),
                ),
                ("started_at", models.DateTimeField(db_comment="When its present step was begun last", null=True)),
                (
                    "heartbeat_at",
                    models.DateTimeField(db_comment="When a worker last said that it is at it", null=True),
                ),
                (
                    "error_code",
                    models.CharField(
                        blank=True,
                        db_comment="Why it failed, as a stable code",
                        db_default="",
                        default="",
                        max_length=40,
                    ),
                ),
                (
                    "error_detail",
                    models.TextField(blank=True, db_comment="Why it failed, for people", db_default="", default=""),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        auto_now_add=True,
                        db_comment="When it was asked for",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                ("finished_at", models.DateTimeField(db_comment="When it ended, in whatever way", null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("exporting", "Being written"),
                            ("done", "Ready"),
                            ("failed", "Failed"),
                        ],
                        db_comment="Where it stands; moved by common.imports.jobs only",
                        db_default="queued",
                        default="queued",
                        max_length=10,
                    ),
                ),
                (
                    "stored_file",
                    models.CharField(
                        blank=True,
                        db_comment="Name of the file in private storage",
                        db_default="",
                        default="",
                        max_length=200,
                    ),
                ),
                ("size", models.PositiveBigIntegerField(db_comment="Bytes of the file", db_default=0, default=0)),
                (
                    "row_count",
                    models.PositiveBigIntegerField(db_comment="Rows below the header", db_default=0, default=0),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        db_comment="Who asked for it; null once the account is gone",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "export",
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ["queued", "exporting"])),
                        fields=["id"],
                        name="common_exportjob_due",
                    ),
                    models.Index(fields=["created_at"], name="common_exportjob_created"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("finished_at", None), ("status__in", ["queued", "exporting"]), ("stored_file", "")
                            ),
                            models.Q(("finished_at__isnull", False), ("status", "failed"), ("stored_file", "")),
                            models.Q(
                                ("finished_at__isnull", False),
                                ("status", "done"),
                                models.Q(("stored_file", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="common_exportjob_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "failed"), models.Q(("error_code", ""), _negated=True)),
                            models.Q(
                                models.Q(("status", "failed"), _negated=True), ("error_code", ""), ("error_detail", "")
                            ),
                            _connector="OR",
                        ),
                        name="common_exportjob_error",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="importjob",
            index=models.Index(
                condition=models.Q(("status__in", ["uploaded", "checking", "confirmed", "importing"])),
                fields=["id"],
                name="common_importjob_due",
            ),
        ),
        migrations.AddIndex(
            model_name="importjob",
            index=models.Index(fields=["created_at"], name="common_importjob_created"),
        ),
        migrations.AddConstraint(
            model_name="importjob",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confirmed_at", None), ("status__in", ["uploaded", "checking", "checked"])),
                    models.Q(("confirmed_at__isnull", False), ("status__in", ["confirmed", "importing", "done"])),
                    ("status__in", ["failed", "cancelled"]),
                    _connector="OR",
                ),
                name="common_importjob_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="importjob",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at__isnull", False), ("status__in", ["done", "failed", "cancelled"])),
                    models.Q(
                        models.Q(("status__in", ["done", "failed", "cancelled"]), _negated=True), ("finished_at", None)
                    ),
                    _connector="OR",
                ),
                name="common_importjob_finished",
            ),
        ),
        migrations.AddConstraint(
            model_name="importjob",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "failed"), models.Q(("error_code", ""), _negated=True)),
                    models.Q(models.Q(("status", "failed"), _negated=True), ("error_code", ""), ("error_detail", "")),
                    _connector="OR",
                ),
                name="common_importjob_error",
            ),
        ),
        migrations.AddConstraint(
            model_name="importjob",
            constraint=models.CheckConstraint(
                condition=models.Q(("status", "done"), ("batch", None), _connector="OR"), name="common_importjob_batch"
            ),
        ),
        migrations.AddConstraint(
            model_name="importjob",
            constraint=models.CheckConstraint(
                condition=models.Q(("progress_done__lte", models.F("progress_total"))), name="common_importjob_progress"
            ),
        ),
        migrations.AddConstraint(
            model_name="importjob",
            constraint=models.CheckConstraint(
                condition=models.Q(("mode__in", ["upsert", "create", "update"])), name="common_importjob_mode"
            ),
        ),
        migrations.AddConstraint(
            model_name="importjobchange",
            constraint=models.UniqueConstraint(fields=("job", "position"), name="common_importjobchange_once"),
        ),
        migrations.AddConstraint(
            model_name="importjobrefusal",
            constraint=models.UniqueConstraint(fields=("job", "position"), name="common_importjobrefusal_once"),
        ),
    ]
