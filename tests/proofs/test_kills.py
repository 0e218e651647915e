"""Parts of a running shop are killed under load: whatever it acknowledged is there, and the books are right."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from config.processes import wait_until
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


def _leader(shop: Checkout, name: str) -> int:
    """The process that the supervisor started under the name."""
    rows = json.loads((shop.folder / ".data" / "processes.json").read_text(encoding="utf-8"))
    return int(next(row["pid"] for row in rows if row["name"] == name))


def _children(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(entry.parent.name))
    return found


def _kill_web_worker(shop: Checkout) -> None:
    os.kill(max(_children(_leader(shop, "web"))), signal.SIGKILL)


def _kill_celery_worker(shop: Checkout) -> None:
    os.killpg(_leader(shop, "worker"), signal.SIGKILL)


def _stop_postgres_at_once(shop: Checkout) -> None:
    pid_file = shop.folder / ".data" / "servers" / "postgres" / "postmaster.pid"
    os.kill(int(pid_file.read_text(encoding="utf-8").split()[0]), signal.SIGQUIT)


def _kill_valkey(shop: Checkout) -> None:
    folder = (shop.folder / ".data" / "servers" / "valkey").resolve()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            is_it = (entry / "cwd").readlink() == folder
        except OSError:
            continue
        if is_it:
            os.kill(int(entry.name), signal.SIGKILL)
            return
    raise AssertionError("no Valkey runs")


KILLS: dict[str, Callable[[Checkout], None]] = {
    "web worker": _kill_web_worker,
    "celery worker": _kill_celery_worker,
    "postgresql": _stop_postgres_at_once,
    "valkey": _kill_valkey,
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


def _check_integrity(shop: Checkout) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [shop.folder / ".venv" / "bin" / "python", "manage.py", "check_integrity"],
        cwd=shop.folder,
        env=shop.variables,
        capture_output=True,
        text=True,
        check=False,
    )


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
    checked = _check_integrity(shop)
    assert (checked.returncode, checked.stdout.strip()) == (0, "The books are right."), checked
    print(f"{name}: {len(client.orders)} orders kept, 20 more {seconds:.1f} s after it, {dict(client.statuses)}")  # noqa: T201
