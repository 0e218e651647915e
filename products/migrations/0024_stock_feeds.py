"""Feeds of stock: movements know the time of the count that they correct the books to, and no feed counts twice."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("common", "0003_import_batches"),
        ("products", "0023_wanted_pictures"),
    ]

    operations = [
        migrations.CreateModel(
            name="StockFeed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        db_comment="What the sender calls it, else the SHA-256 of its content",
                        max_length=100,
                        unique=True,
                    ),
                ),
                ("content", models.CharField(db_comment="SHA-256 of the file", max_length=64)),
                (
                    "done_line",
                    models.PositiveIntegerField(
                        db_comment="Line of the file up to which changes are booked", db_default=0, default=0
                    ),
                ),
                (
                    "finished_at",
                    models.DateTimeField(blank=True, db_comment="When all of it was booked", null=True),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        blank=True,
                        db_comment="The batch that remembers what it changed",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="common.importbatch",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        auto_now_add=True,
                        db_comment="When it was begun",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["created_at"], name="products_stockfeed_created")]},
        ),
        migrations.AddField(
            model_name="stockmovement",
            name="effective_at",
            field=models.DateTimeField(
                blank=True,
                db_comment="When the count was made that this corrects the books to; null where it took effect at once",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="stockmovement",
            name="reason",
            field=models.CharField(
                choices=[
                    ("opening", "Opening stock"),
                    ("sale", "Sale"),
                    ("cancellation", "Cancelled order"),
                    ("expiry", "Expired order"),
                    ("return", "Returned goods"),
                    ("adjustment", "Adjustment by staff"),
                    ("import", "Import"),
                    ("feed", "Stock feed"),
                ],
                db_comment="Why it moved",
                max_length=20,
            ),
        ),
        AddConstraintNotValid(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("effective_at", None), ("effective_at__lte", models.F("created_at")), _connector="OR"
                ),
                name="products_stockmovement_counted_before",
            ),
        ),
    ]
