"""How far the retention of views has come, and a table of views that has room for it.

A view loses address and agent by an update. With two fifths of each page left free the shorter row fits beside the
longer one, so no index is written and the row stays where its time is. Only new pages are laid out so.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("analytics", "0003_note_category_changes")]

    operations = [
        migrations.CreateModel(
            name="ViewRetention",
            fields=[
                (
                    "id",
                    models.SmallIntegerField(
                        db_comment="Always 1", db_default=1, default=1, primary_key=True, serialize=False
                    ),
                ),
                (
                    "shortened_through_id",
                    models.BigIntegerField(
                        db_comment="Views up to this id have lost address and agent", db_default=0, default=0
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="analytics_viewretention_one_row")
                ],
            },
        ),
        migrations.RunSQL(
            """
            ALTER TABLE analytics_productview SET (
                fillfactor = 60,
                autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 1000000,
                autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02
            )
            """,
            """
            ALTER TABLE analytics_productview RESET (
                fillfactor,
                autovacuum_vacuum_insert_scale_factor, autovacuum_vacuum_insert_threshold,
                autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor
            )
            """,
        ),
    ]
