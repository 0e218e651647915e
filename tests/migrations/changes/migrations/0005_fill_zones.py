from django.db import migrations

from common.backfills.migrating import RunBackfill


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("changes", "0004_new_foreign_key")]

    operations = [RunBackfill("changes.zone", table="changes_parcel")]
