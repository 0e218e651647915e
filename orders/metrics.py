"""What Prometheus is told of orders."""

from collections.abc import Iterator

from common.metrics.standings import MOST_COUNTED
from common.registry import Gauge
from orders.models import Order


def orders() -> Iterator[Gauge]:
    """How many orders are in each state, counted up to MOST_COUNTED."""
    counted = {
        status.value: float(Order.objects.filter(status=status)[:MOST_COUNTED].count()) for status in Order.Status
    }
    yield Gauge("orders", f"Orders by status, counted up to {MOST_COUNTED}.", counted, label="status")
