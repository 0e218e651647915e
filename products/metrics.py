"""What Prometheus is told of the catalogue."""

from collections.abc import Iterator

from common.metrics.standings import MOST_COUNTED
from common.registry import Gauge, metric_sources
from products.models import Product


def register() -> None:
    """Called once, when the application is ready."""
    metric_sources.register("products", products)


def products() -> Iterator[Gauge]:
    """What is offered and cannot be bought, counted up to MOST_COUNTED."""
    sold_out = Product.objects.active().filter(listing__is_in_stock=False)[:MOST_COUNTED].count()
    yield Gauge.one("products_sold_out", f"Products on offer without stock, counted up to {MOST_COUNTED}.", sold_out)
