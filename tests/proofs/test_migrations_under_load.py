"""A table of a million orders is changed and filled while the shop sells, behind long readers, and killed half way."""

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import psycopg2
import pytest

from config.processes import wait_until
from tests.proofs.load_client import LoadClient
from tests.running.checkouts import Checkout, copy_checkout

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

ORDERS = 1_000_000
READER_SECONDS = 10
LONGEST_STALL_SECONDS = 2.0
# As the release before the column wrote them: no trigger gave them their country.
FILL = """
SET session_replication_role = replica;
INSERT INTO orders_order (user_id, status, subtotal, shipping_cost, tax, total, order_number, email,
    shipping_address_snapshot, billing_address_snapshot, shipping_method_name, currency, prices_include_tax, tax_lines)
SELECT o.user_id, 'delivered', o.subtotal, o.shipping_cost, o.tax, o.subtotal + o.shipping_cost + o.tax, 'L' || n,
    o.email, o.shipping_address_snapshot, o.billing_address_snapshot, o.shipping_method_name, o.currency,
    o.prices_include_tax, o.tax_lines
FROM (SELECT * FROM orders_order WHERE discount = 0 ORDER BY id LIMIT 1) o, generate_series(1, %(orders)s) n;
SET session_replication_role = origin;
ANALYZE orders_order
"""


@pytest.fixture(scope="module")
def shop() -> Iterator[Checkout]:
    """`make run` from a copy of this checkout, durable, with the orders."""
    checkout = copy_checkout(None)
    try:
        with checkout.running(**dict.fromkeys(("LIMIT_CART", "LIMIT_CHECKOUT", "LIMIT_HOLD", "LIMIT_PAYMENT"), "off")):
            ask(checkout, FILL, {"orders": ORDERS})
            yield checkout
    finally:
        checkout.remove()


def ask(shop: Checkout, statement: str, values: Any = None) -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(shop.environment["DATABASE_URL"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


@contextmanager
def behind_a_reader(shop: Checkout) -> Iterator[None]:
    """A report that reads the table in one long transaction, which keeps its snapshot and its lock."""
    reader = psycopg2.connect(shop.environment["DATABASE_URL"])
    reader.set_session(isolation_level="REPEATABLE READ", readonly=True)
    with reader.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM orders_order")
    timer = threading.Timer(READER_SECONDS, reader.close)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        reader.close()


def begin(shop: Checkout, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [shop.folder / ".venv" / "bin" / "python", "manage.py", *arguments],
        cwd=shop.folder,
        env={**shop.variables, **shop.environment, "DJANGO_SETTINGS_MODULE": "tests.migrations.settings"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def killed_half_way_and_again(shop: Checkout, half_way: str, *arguments: str) -> str:
    """Kill the command once the query finds something; run it again to its end, which is what it said."""
    with behind_a_reader(shop), begin(shop, *arguments) as first:
        assert wait_until(lambda: bool(ask(shop, half_way)) or first.poll() is not None, 300)
        assert first.poll() is None, first.communicate()
        first.kill()
    with behind_a_reader(shop), begin(shop, *arguments) as second:
        said, _ = second.communicate(timeout=600)
    assert second.returncode == 0, said
    return said


def test_a_column_an_index_and_a_key(shop: Checkout, tmp_path: Path) -> None:
    building = "SELECT 1 FROM pg_stat_progress_create_index WHERE phase LIKE 'building%'"
    began = time.monotonic()

    with LoadClient(shop, tmp_path / "acknowledged", buyers=3) as buyers, Readers(shop) as readers:
        buyers.wait_for_orders(10, 60)
        said = killed_half_way_and_again(shop, building, "migrate", "large")
        buyers.wait_for_orders(10, 60)

    seconds = time.monotonic() - began
    show("column, index and key", buyers, readers, seconds)
    assert "Applying large.0002_column_index_and_key... OK" in said
    assert ask(shop, "SELECT count(*), min(urgency), max(urgency) FROM orders_order")[0][1:] == (0, 0)
    assert ask(shop, "SELECT convalidated FROM pg_constraint WHERE confrelid = 'large_depot'::regclass") == [(True,)]
    assert ask(shop, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'large_sold_urgent'::regclass") == [(True,)]
    nobody_noticed(buyers, readers)


def test_a_column_is_filled(shop: Checkout, tmp_path: Path) -> None:
    half_way = f"SELECT 1 FROM common_backfillrun WHERE place > {ORDERS // 3} AND finished_at IS NULL"
    began = time.monotonic()

    with LoadClient(shop, tmp_path / "acknowledged", buyers=3) as buyers, Readers(shop) as readers:
        buyers.wait_for_orders(10, 60)
        said = killed_half_way_and_again(shop, half_way, "backfill", "orders.shipping_country", "--rest", "0.5")

    seconds = time.monotonic() - began
    show("back-fill", buyers, readers, seconds)
    assert "orders.shipping_country: done" in said
    assert ask(shop, "SELECT count(*) FROM orders_order WHERE shipping_country = ''") == [(0,)]
    nobody_noticed(buyers, readers)


def nobody_noticed(buyers: LoadClient, readers: "Readers") -> None:
    assert set(buyers.statuses) <= {201, 409}  # something may be sold out
    assert readers.failed == []
    assert max(buyers.slowest, readers.slowest) < LONGEST_STALL_SECONDS


def show(what: str, buyers: LoadClient, readers: "Readers", seconds: float) -> None:
    print(  # noqa: T201
        f"{what}: {seconds:.0f} s with {len(buyers.orders)} orders and {readers.answers} reads,"
        f" slowest answer {max(buyers.slowest, readers.slowest):.2f} s, {dict(buyers.statuses)}"
    )


class Readers:
    """People who look at products and at their order without pause."""

    def __init__(self, shop: Checkout, *, number: int = 2) -> None:
        self.shop = shop
        self.answers, self.slowest = 0, 0.0
        self.failed: list[str] = []
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._read_on, daemon=True) for _ in range(number)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(60)

    def _read_on(self) -> None:
        while not self._stopping.is_set():
            for path in ("/api/v1/products/?page_size=24", "/api/v1/orders/", "/api/v1/categories/tree/"):
                began = time.monotonic()
                try:
                    self.shop.get(path)
                except OSError as error:
                    self.failed.append(f"{path}: {error}")
                self.answers += 1
                self.slowest = max(self.slowest, time.monotonic() - began)
