"""What customers thought of what they bought, and who only looked."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

from django.db import connection

from analytics.services import view_retention
from demo.history.writing import WrittenOrder
from demo.rows import insert_rows

_REVIEWS = (
    (5, "Love it", "Fits as expected and looks just like the picture. I would buy it again."),
    (5, "My new favourite", "Well made, soft, and I got compliments the first day."),
    (5, "Perfect", "Arrived quickly and well packed. The colour is lovely."),
    (4, "Very nice", "Good quality for the price. Took a day longer than I had hoped."),
    (4, "Good buy", "Comfortable and pretty. A little larger than I thought."),
    (3, "All right", "It is fine, but the material feels thinner than in the picture."),
    (2, "Not for me", "Pretty, but the size runs small and it did not suit me."),
)
_WEIGHTS = (24, 18, 16, 18, 12, 8, 4)
_WAITING = 6  # reviews left for staff to moderate

# Every sold line had a few onlookers in the days around it: distinct visitors, some of whom came back.
_VIEWS = """
INSERT INTO analytics_productview (product_id, user_id, session_id, user_agent, referrer, viewed_at)
SELECT i.product_id,
    CASE WHEN n = 1 THEN o.user_id END,
    encode(sha256(('demo visitor ' || (o.id * 7 + n * 13 + i.id) % 4000)::bytea), 'hex'),
    'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    (ARRAY['https://www.google.com/', 'https://www.pinterest.com/', ''])[1 + (i.id + n) % 3],
    o.created_at - make_interval(mins => (2 + (n * n * 37 + i.id * 11) % 600)::int)
FROM orders_order o
JOIN orders_orderitem i ON i.order_id = o.id
CROSS JOIN LATERAL generate_series(1, 3 + (i.id % 9)) AS n
ORDER BY 6, i.id, n
"""


def write_reviews(orders: Sequence[WrittenOrder]) -> None:
    """Have customers review what they bought and got; the last few wait for staff."""
    chance = Random(5)
    rows: dict[tuple[int, int], dict[str, Any]] = {}
    for order in orders:
        user_id, delivered_at = order.planned.customer.user_id, order.course.delivered_at
        if user_id is None or delivered_at is None or chance.random() > 0.4:
            continue
        offer, _ = order.planned.lines[0]
        written_at = min(delivered_at + timedelta(hours=chance.uniform(6, 40)), order.course.last_at)
        rating, title, comment = chance.choices(_REVIEWS, _WEIGHTS)[0]
        rows[offer.key.product_id, user_id] = {
            "product_id": offer.key.product_id,
            "user_id": user_id,
            "rating": rating,
            "title": title,
            "comment": comment,
            "is_verified_purchase": True,
            "is_approved": True,
            "moderated_at": written_at,
            "created_at": written_at,
            "updated_at": written_at,
        }
    reviews = list(rows.values())
    for waiting in reviews[-_WAITING:]:
        waiting.update(is_approved=False, moderated_at=None)
    insert_rows("products_productreview", reviews)


def write_views() -> None:
    """Have visitors look at what was sold, many more than bought; of old views no more is kept than a shop keeps."""
    with connection.cursor() as cursor:
        cursor.execute(_VIEWS)
    view_retention.shorten_old_views()
