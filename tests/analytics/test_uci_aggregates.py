"""A year of a real wholesaler: what the shop counts equals what another engine makes of the file, to the cent."""

import gzip
import os
import time
from pathlib import Path
from statistics import median

import pytest
from django.db import connection, transaction
from django.db.models import F

from analytics.models import AggregatedDay, SalesAggregate
from analytics.services import aggregates
from common import outbox
from orders.models import Order, OrderItem
from tests.analytics.shelves import fill_shelves
from tests.analytics.uci_in_duckdb import Figures, Key, recomputed
from tests.imports.conftest import import_of

DECEMBER = Path(__file__).parent.parent / "data" / "uci-online-retail" / "december-2010.csv.gz"
LINES_OF_THE_WHOLE_FILE = 541_909
CHANGES = 9


def counted() -> dict[Key, Figures]:
    """The aggregates as they are, in the words of the recomputation."""
    kinds = {(False, False): "total", (True, False): "product", (False, True): "category"}
    rows = SalesAggregate.objects.values_list(
        "date", "product__sku", "category__slug", "order_count", "item_count", "revenue"
    )
    return {
        (day.isoformat(), kinds[sku is not None, slug is not None], sku or slug or ""): (
            orders,
            items,
            int(revenue * 100),
        )
        for day, sku, slug, orders, items, revenue in rows
    }
