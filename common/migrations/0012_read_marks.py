from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("common", "0011_backfills")]

    operations = [
        migrations.CreateModel(
            name="ReadMark",
            fields=[
                (
                    "caller",
                    models.CharField(
                        db_comment="An account's id, or the hash of a cart's or order's token",
                        max_length=80,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "position",
                    models.BigIntegerField(
                        db_comment="Bytes of the log that were written when the caller's write was done"
                    ),
                ),
                (
                    "written_at",
                    models.DateTimeField(db_comment="When that was; soon no replica in use is so far behind"),
                ),
            ],
        ),
        migrations.RunSQL("ALTER TABLE common_readmark SET UNLOGGED", "ALTER TABLE common_readmark SET LOGGED"),
    ]
