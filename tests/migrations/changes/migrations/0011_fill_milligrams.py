from django.db import migrations

from common.backfills.migrating import RunBackfill


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("changes", "0010_keep_both")]

    operations = [RunBackfill("changes.milligrams", table="changes_parcel")]
