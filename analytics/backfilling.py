"""What migrations of analytics fill in."""

from common.registry import Backfill

DAYS_WITHOUT_SLICES = Backfill(
    description="Marks days as changed that were counted before sales were kept by coupon, country and customer",
    table="analytics_aggregatedday",
    statement="""
        UPDATE analytics_aggregatedday d
        SET changed_at = greatest(clock_timestamp(), d.computed_at + interval '1 microsecond')
        WHERE d.id > %(after)s AND d.id <= %(until)s AND d.computed_at >= d.changed_at
            AND EXISTS (SELECT FROM analytics_salesaggregate a WHERE a.date = d.date)
            AND NOT EXISTS (SELECT FROM analytics_salesslice s WHERE s.date = d.date)
    """,
)
