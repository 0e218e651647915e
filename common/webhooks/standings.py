"""How webhooks stand, for /metrics and /readyz: what waits to be sent, and which endpoints do not take it."""

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import Count, Q

from common.metrics.standings import MOST_COUNTED
from common.models import WebhookDelivery, WebhookEndpoint
from common.registry import Gauge, metric_sources, readiness_checks

# Of endpoints that are sent to, the first delivery that waits, by the index of what is not done.
_OLDEST = """
SELECT coalesce(extract(epoch FROM now() - min(first.created_at)), 0)
FROM common_webhookendpoint w CROSS JOIN LATERAL (
    SELECT e.created_at FROM common_webhookdelivery d JOIN common_outboxevent e ON e.id = d.event_id
    WHERE d.endpoint_id = w.id AND d.done_at IS NULL ORDER BY d.position LIMIT 1
) AS first
WHERE w.is_active AND w.paused_at IS NULL
"""


def register() -> None:
    """Called once, when the application is ready."""
    metric_sources.register("webhooks", gauges)
    readiness_checks.register("webhooks", check)


def gauges() -> Iterator[Gauge]:
    """Endpoints by state, deliveries that wait, and for how long the first of them has."""
    yield Gauge("webhook_endpoints", "Endpoints of webhooks.", _endpoints(), label="state")
    waiting = WebhookDelivery.objects.filter(done_at=None)[:MOST_COUNTED].count()
    yield Gauge.one("webhook_deliveries_waiting", f"Deliveries not taken yet, counted up to {MOST_COUNTED}.", waiting)
    yield Gauge.one("webhook_oldest_seconds", "Age of the oldest for an endpoint that is sent to.", _oldest_seconds())


def check() -> dict[str, Any]:
    """Degraded where an endpoint is paused: its receiver misses events until somebody resumes it."""
    paused = int(_endpoints()["paused"])
    return {
        "status": "degraded" if paused else "ok",
        "paused_endpoints": paused,
        "oldest_waiting_seconds": int(_oldest_seconds()),
    }


def _endpoints() -> dict[str, float]:
    is_paused = Q(is_active=True, paused_at__isnull=False)
    found = WebhookEndpoint.objects.aggregate(
        inactive=Count("pk", filter=Q(is_active=False)),
        paused=Count("pk", filter=is_paused),
        sent_to=Count("pk", filter=Q(is_active=True, paused_at=None)),
    )
    return {state: float(count) for state, count in found.items()}


def _oldest_seconds() -> float:
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST)
        return float(cursor.fetchone()[0])
