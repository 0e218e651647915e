from django.db import migrations

from common.backfills.migrating import RunBackfill


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("changes", "0013_drop_grams")]

    operations = [RunBackfill("changes.addressee", table="changes_parcel", later=True)]
