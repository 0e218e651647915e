"""What counting a day reads by, and one index less to write.

Refunds are found by the moment when they succeeded, so a day costs the same however many there were before. Days are
found by the unique constraint, which begins with the date.
"""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations

REFUNDS = "analytics_refunds_by_time"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("analytics", "0006_sales_slices"), ("payments", "0007_audit")]

    operations = [
        migrations.RunSQL(
            [
                f"DROP INDEX CONCURRENTLY IF EXISTS {REFUNDS}",  # one that a broken attempt has left is invalid
                f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {REFUNDS} ON payments_refund (succeeded_at) WHERE status = 'succeeded'",
            ],
            f"DROP INDEX CONCURRENTLY IF EXISTS {REFUNDS}",
        ),
        RemoveIndexConcurrently("salesaggregate", "analytics_salesaggregate_date"),
    ]
