"""Days that were counted before there were slices are to be counted again, by the next scheduled runs."""

from django.db import migrations

from common.backfills.migrating import RunBackfill


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("analytics", "0007_indexes_of_counting"), ("common", "0011_backfills")]

    operations = [RunBackfill("analytics.days_without_slices", table="analytics_aggregatedday")]
