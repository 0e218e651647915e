"""How far back-fills are; and what they fill in counts as no change of a row."""

import django.db.models.functions.datetime
from django.db import migrations, models

from common.database import TOUCH_BUT_BY_BACKFILLS, TOUCH_FUNCTION


class Migration(migrations.Migration):
    dependencies = [
        ("common", "0010_backups"),
    ]

    operations = [
        migrations.CreateModel(
            name="BackfillRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(db_comment="Of the registry of back-fills", max_length=100, unique=True)),
                (
                    "place",
                    models.BigIntegerField(db_comment="The rows up to this key are done", db_default=0, default=0),
                ),
                (
                    "until",
                    models.BigIntegerField(db_comment="The highest key when it began; later rows are written whole"),
                ),
                (
                    "changed",
                    models.BigIntegerField(db_comment="Rows that it has filled so far", db_default=0, default=0),
                ),
                (
                    "started_at",
                    models.DateTimeField(
                        db_comment="When it began", db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                (
                    "moved_at",
                    models.DateTimeField(
                        db_comment="When its last batch was committed",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                ("finished_at", models.DateTimeField(db_comment="When it came to the end", null=True)),
            ],
        ),
        migrations.RunSQL(
            TOUCH_BUT_BY_BACKFILLS, TOUCH_FUNCTION.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
        ),
    ]
