"""Batches of imports are `common`'s now, which renames their tables."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("common", "0003_import_batches"), ("products", "0009_search_indexes")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel("ImportChange"), migrations.DeleteModel("ImportBatch")]
        )
    ]
