"""What is no rate of requests: a flash sale, the daily aggregates, an import, the start, and checkouts as they come."""

import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from config.environment import CHECKOUT
from tests.benchmarks import wire
from tests.benchmarks.imports import Bench
from tests.benchmarks.load import Group, Outcome, closed_loop, open_loop, single_calls
from tests.benchmarks.measuring import BenchError, Result, serve
from tests.benchmarks.servers import durable_postgres
from tests.benchmarks.shop_data import connected, read
from tests.benchmarks.stand import SHOP, Stand
from tests.benchmarks.writes import checkout, checkouts, make_carts

FLASH_UNITS, FLASH_BUYERS, FLASH_CONNECTIONS = 500, 2_000, 64
OTHERS_A_SECOND = 20.0  # requests for lists and products, at random moments, while the sale goes on
OTHERS_CONNECTIONS = 20
OPEN_CONNECTIONS = 200

_FLASH_PRODUCT = """
WITH product AS (
    INSERT INTO products_product (sku, name, slug, description, price, stock_quantity)
    SELECT 'FLASH-' || n, 'Flash ' || n, 'flash-' || n, '', 10, %s FROM (SELECT count(*) AS n FROM products_product) c
    RETURNING id, stock_quantity
)
INSERT INTO products_stockmovement (product_id, delta, reason) SELECT id, stock_quantity, 'opening' FROM product
RETURNING product_id
"""
_SOLD = """
SELECT p.stock_quantity, coalesce(sum(i.quantity), 0)
FROM products_product p LEFT JOIN orders_orderitem i ON i.product_id = p.id WHERE p.id = %s GROUP BY p.id
"""
# Times the work alone, not the start of Python.
_AGGREGATE = """
import time, django
django.setup()
from analytics import days
from analytics.services import aggregates
from orders.models import Order
first = days.day_of(Order.objects.order_by("created_at").values_list("created_at", flat=True).first())
began = time.perf_counter()
counted = sum(1 for _ in aggregates.rebuild(first=first, last=days.today()))
print(counted, time.perf_counter() - began)
"""
_FORGET_AGGREGATES = "TRUNCATE analytics_salesaggregate, analytics_aggregatedday"
# The same three kinds of rows, of orders without refunds, into a table with the same constraints and indexes.
_AGGREGATE_REFERENCE = """
CREATE TEMPORARY TABLE reference (LIKE analytics_salesaggregate INCLUDING ALL);

INSERT INTO reference (date, product_id, category_id, order_count, item_count, revenue, cost, profit)
SELECT date, product_id, category_id, orders, items, revenue, cost, revenue - cost
FROM (
    WITH line AS MATERIALIZED (
        SELECT (o.created_at AT TIME ZONE 'UTC')::date AS date, o.id AS order_id, i.product_id, i.quantity,
            i.total_price - i.discount_share - i.tax_included AS revenue,
            coalesce(i.unit_cost, 0) * i.quantity AS cost
        FROM orders_order o JOIN orders_orderitem i ON i.order_id = o.id WHERE o.paid_at IS NOT NULL
    )
    SELECT date, product_id, NULL::bigint AS category_id, count(DISTINCT order_id) AS orders, sum(quantity) AS items,
        sum(revenue) AS revenue, sum(cost) AS cost
    FROM line WHERE product_id IS NOT NULL GROUP BY date, product_id
    UNION ALL
    SELECT date, NULL, c.category_id, count(DISTINCT order_id), sum(quantity), sum(revenue), sum(cost)
    FROM line JOIN products_product_categories c USING (product_id) GROUP BY date, c.category_id
    UNION ALL
    SELECT date, NULL, NULL, count(DISTINCT order_id), sum(quantity), sum(revenue), sum(cost) FROM line GROUP BY date
) s;
"""
_CHECKSUM = "SELECT count(*), sum(order_count), sum(item_count), sum(revenue), sum(profit) FROM {0}"


def measure_flash(stand: Stand, result: Result, *, rounds: int, seconds: float) -> None:
    """Sell a small stock to many at once, and see how long others wait meanwhile, beside how long they do alone."""
    taken, alone, meanwhile = [], [], []
    for _ in range(rounds):
        alone.append(_others(stand, seconds=seconds).percentile(0.95))
        outcome, others = _flash(stand)
        taken.append(outcome.seconds)
        meanwhile.append(others.percentile(0.95))
    result.figures["FLASH, s"] = median(taken)
    result.figures["FLASH, others' p95 alone, ms"] = median(alone) * 1000
    result.figures["FLASH, others' p95 meanwhile, ms"] = median(meanwhile) * 1000
    result.figures["FLASH, others' p95, times"] = median(b / a for a, b in zip(alone, meanwhile, strict=True))


def _flash(stand: Stand) -> tuple[Outcome, Outcome]:
    [(product_id,)] = read(stand.database_url, _FLASH_PRODUCT, [FLASH_UNITS])
    tokens = make_carts(stand, FLASH_BUYERS, products=[product_id], lines=1)
    over = threading.Event()
    others: list[Outcome] = []
    thread = threading.Thread(target=lambda: others.append(_others(stand, seconds=600, over=over)))
    thread.start()
    try:
        supply = single_calls([checkout(token) for token in tokens])
        buyers = Group("buyers", supply, FLASH_CONNECTIONS, good={201, 409})
        outcome = closed_loop(stand.shop.address, [buyers], seconds=600)["buyers"]
    finally:
        over.set()
        thread.join()
    [(left, sold)] = read(stand.database_url, _SOLD, [product_id])
    refused = outcome.statuses[409]
    if (left, sold, outcome.statuses[201], refused) != (0, FLASH_UNITS, FLASH_UNITS, FLASH_BUYERS - FLASH_UNITS):
        raise BenchError(f"{left} left, {sold} sold of {FLASH_UNITS}; answers: {dict(outcome.statuses)}")
    return outcome, others[0]


def _others(stand: Stand, *, seconds: float, over: threading.Event | None = None) -> Outcome:
    """Lists and products at a modest rate until the time is up or it is over."""

    def requests() -> Iterator[bytes]:
        for place, slug in enumerate(itertools.cycle(stand.supplies.slugs)):
            if over and over.is_set():
                return
            yield wire.get("/products/" if place % 2 else f"/products/{slug}/")

    group = Group("others", single_calls(requests()), OTHERS_CONNECTIONS)
    return open_loop(stand.shop.address, group, rate=OTHERS_A_SECOND, seconds=seconds)


def measure_open_checkouts(stand: Stand, result: Result, *, rate: float, seconds: float) -> None:
    """Checkouts that come at random moments, however many are still waiting."""
    supply = single_calls(checkouts(stand, int(rate * seconds * 2) + 100))
    group = Group("open checkouts", supply, OPEN_CONNECTIONS, good={201})
    outcome = open_loop(stand.shop.address, group, rate=rate, seconds=seconds)
    for share in (50, 99):
        result.figures[f"CHECKOUT at {rate:g} a second, p{share}, ms"] = outcome.percentile(share / 100) * 1000


def measure_aggregates(stand: Stand, result: Result, *, rounds: int) -> None:
    """All days counted anew, beside one statement that counts them without looking at refunds or keeping days apart."""
    own, theirs = [], []
    for _ in range(rounds):
        with connected(stand.database_url) as cursor:
            cursor.execute(_FORGET_AGGREGATES)
        own.append(_aggregate(stand))
        with connected(stand.database_url) as cursor:
            began = time.perf_counter()
            cursor.execute(_AGGREGATE_REFERENCE)
            theirs.append(time.perf_counter() - began)
            cursor.execute(_CHECKSUM.format("reference"))
            expected = cursor.fetchone()
            cursor.execute(_CHECKSUM.format("analytics_salesaggregate"))
            if (found := cursor.fetchone()) != expected:
                raise BenchError(f"the aggregates are {found}, and {expected} by the reference")
    result.figures["AGGREGATE, s"] = median(own)
    result.figures["AGGREGATE, reference, s"] = median(theirs)
    result.figures["AGGREGATE, times the reference"] = median(b / a for a, b in zip(own, theirs, strict=True))


def _aggregate(stand: Stand) -> float:
    settings = {"DATABASE_URL": stand.database_url, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    finished = subprocess.run(
        [sys.executable, "-c", _AGGREGATE],
        cwd=CHECKOUT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        raise BenchError(finished.stderr)
    return float(finished.stdout.split()[1])


def measure_starts(stand: Stand, result: Result, *, rounds: int) -> None:
    """From the start of the web server to the first list that it answers."""
    seconds = []
    for _ in range(rounds):
        with serve(SHOP, stand.servers, stand.database_url) as server:
            seconds.append(server.first_answer_seconds)
    result.figures["COLD START, s"] = median(seconds)


def measure_imports(result: Result, *, rounds: int) -> None:
    """An import of as many products as the shop has, beside plain SQL; imports.py says more."""
    with durable_postgres() as server, tempfile.TemporaryDirectory() as folder:
        bench = Bench(server, Path(folder), products=result.products)
        for number in range(rounds):
            bench.run_round(number)
    result.figures["IMPORT, rows a second"] = bench.result.rate("new")
    result.figures["IMPORT, unchanged rows a second"] = bench.result.rate("unchanged")
    result.figures["IMPORT, times the reference"] = bench.result.ratio("new", to="reference")
    result.figures["IMPORT, MiB"] = max(bench.result.peak_mib.values())
