"""How far old events were dropped."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("common", "0013_deprecated_calls")]

    operations = [
        migrations.CreateModel(
            name="DroppedEvents",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(db_comment="Name of the events, such as order.placed", max_length=60)),
                ("up_to", models.BigIntegerField(db_comment="Place of the last of them that was dropped")),
                ("count", models.BigIntegerField(db_comment="How many were dropped so far")),
                (
                    "dropped_at",
                    models.DateTimeField(
                        db_comment="When the last were dropped",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "dropped events",
                "constraints": [models.UniqueConstraint(fields=("name",), name="common_droppedevents_once")],
            },
        ),
    ]
