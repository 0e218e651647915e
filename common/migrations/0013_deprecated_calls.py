"""Who still calls what of the API is deprecated."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("common", "0012_read_marks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DeprecatedCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "part",
                    models.CharField(
                        db_comment="Method and path pattern; with the parameter or field where only that is deprecated",
                        max_length=200,
                    ),
                ),
                (
                    "client",
                    models.CharField(
                        db_comment="Of guests the origin of the storefront, or else the program's name; else empty",
                        max_length=100,
                    ),
                ),
                ("calls", models.BigIntegerField(db_comment="Calls counted so far")),
                (
                    "first_called_at",
                    models.DateTimeField(
                        db_comment="When the first was counted",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "last_called_at",
                    models.DateTimeField(
                        db_comment="When the last were counted",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_comment="Who called; null for guests",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["last_called_at"], name="common_deprecatedcall_last")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("part", "user", "client"), name="common_deprecatedcall_once", nulls_distinct=False
                    )
                ],
            },
        ),
    ]
