"""What Prometheus is told of payments."""

from collections.abc import Iterator

from common.metrics.standings import MOST_COUNTED
from common.registry import Gauge
from payments.models import Payment


def payments() -> Iterator[Gauge]:
    """How many payments are in each state, counted up to MOST_COUNTED."""
    counted = {
        status.value: float(Payment.objects.filter(status=status)[:MOST_COUNTED].count()) for status in Payment.Status
    }
    yield Gauge("payments", f"Payments by status, counted up to {MOST_COUNTED}.", counted, label="status")
