"""Parts of a running shop are killed under load: whatever it acknowledged is there, and the books are right."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from config.processes import wait_until
from tests.proofs.killing import (
    check_integrity,
    kill_celery_worker,
    kill_valkey,
    kill_web_worker,
    stop_postgres_at_once,
)
from tests.proofs.load_client import NO_ANSWER, LoadClient
from tests.running.checkouts import Checkout, copy_checkout

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

RECOVERY_SECONDS = 60.0


@pytest.fixture(scope="module")
def shop() -> Iterator[Checkout]:
    """`make run` from a copy of this checkout: durable servers of its own, web, worker and beat."""
    checkout = copy_checkout(None)
    try:
        with checkout.running():
            yield checkout
    finally:
        checkout.remove()


KILLS: dict[str, Callable[[Checkout], None]] = {
    "web worker": kill_web_worker,
    "celery worker": kill_celery_worker,
    "postgresql": stop_postgres_at_once,
    "valkey": kill_valkey,
}


def _ask(shop: Checkout, statement: str, values: list[object]) -> set[object]:
    with psycopg2.connect(shop.environment["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute(statement, [values])
        return {row[0] for row in cursor.fetchall()}


def _everything_is_delivered(shop: Checkout) -> bool:
    waiting = (
        "SELECT id FROM common_outboxevent WHERE relayed_at IS NULL AND id <> ALL(%s)"
        " UNION ALL SELECT id FROM common_outboxdelivery WHERE done_at IS NULL"
    )
    return not _ask(shop, waiting, [0])


@pytest.mark.parametrize("name", KILLS)
def test_killed_under_load(shop: Checkout, tmp_path: Path, name: str) -> None:
    with LoadClient(shop, tmp_path / "acknowledged") as client:
        client.wait_for_orders(20, RECOVERY_SECONDS)
        KILLS[name](shop)
        seconds = client.wait_for_orders(20, RECOVERY_SECONDS)

    assert set(_ask(shop, "SELECT order_number FROM orders_order WHERE order_number = ANY(%s)", [*client.orders])) == {
        *client.orders
    }
    captured = "SELECT id FROM payments_payment WHERE status = 'succeeded' AND id = ANY(%s)"
    assert _ask(shop, captured, [*client.payments]) == {*client.payments}
    assert set(client.statuses) <= {201, 409, 503, NO_ANSWER}
    assert wait_until(lambda: _everything_is_delivered(shop), 2 * RECOVERY_SECONDS)
    checked = check_integrity(shop)
    assert (checked.returncode, checked.stdout.strip()) == (0, "The books are right."), checked
    print(f"{name}: {len(client.orders)} orders kept, 20 more {seconds:.1f} s after it, {dict(client.statuses)}")  # noqa: T201
