"""Web servers, workers, beats and the primary replaced one by one while the shop sells."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from config.processes import end, wait_until
from tests.proofs.clusters import ask, manage
from tests.proofs.hosts import Traffic, Web, beat, worker
from tests.proofs.pgbouncers import MISSING, PROGRAM, Pooler, pooling
from tests.proofs.replicated_shop import ReplicatedShop, readiness, replicated_shop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.skipif(PROGRAM is None, reason=MISSING)]


@pytest.fixture
def shop(django_db_blocker: DjangoDbBlocker) -> Iterator[ReplicatedShop]:
    with django_db_blocker.unblock(), replicated_shop() as made:
        yield made


@pytest.fixture
def pooler(shop: ReplicatedShop) -> Iterator[Pooler]:
    with tempfile.TemporaryDirectory() as folder, pooling(shop.primary, Path(folder), size=12) as made:
        yield made


def test_each_part_is_replaced_under_load(shop: ReplicatedShop, pooler: Pooler, tmp_path: Path) -> None:
    environment = {**shop.environment(), **pooler.environment(shop.primary.url)}
    log = tmp_path / "log"
    with ExitStack() as ending:
        webs = [Web(environment, log) for _ in range(2)]
        workers = [worker(environment, log) for _ in range(2)]
        beats = [beat(environment, log) for _ in range(2)]
        for each in (*webs, *workers, *beats):
            ending.callback(each.stop)
        assert wait_until(lambda: all(readiness(web.shop)["status"] == "ok" for web in webs), 30)
        told = {}
        with Traffic(webs) as traffic:
            with traffic.counting() as told["web servers, stopped and started one by one"]:
                for web in webs:
                    web.stop()
                    web.start()
            with traffic.counting() as told["a web server, killed"]:
                webs[0].kill()
                webs[0].start()
            with traffic.counting() as told["a worker stopped, another killed, a beat killed"]:
                workers[0].stop()
                workers[0].start()
                workers[1].kill()
                workers[1].start()
                beats[0].kill()
                beats[0].start()
            with traffic.counting() as told["the primary, by its replica"]:
                _switch_over(shop, pooler)
        bought, paid = set(traffic.orders), set(traffic.payments)
        new = shop.replica_server
        assert wait_until(lambda: not ask(new, "SELECT count(*) FROM common_outboxevent WHERE relayed_at IS NULL"), 60)
    told_of = {part: dict(counts) for part, counts in told.items()}
    print(told_of, f"{len(bought)} orders, {len(paid)} payments, slowest call {traffic.slowest:.1f} s", traffic.lost)  # noqa: T201

    killed = told.pop("a web server, killed")
    assert killed["lost"] <= 5  # a call of each client at most: what was in the killed process
    assert [counts["lost"] for counts in told.values()] == [0, 0, 0], traffic.lost
    assert len(bought) == len(traffic.orders) > 20
    kept = ask(new, f"SELECT count(*) FROM orders_order WHERE order_number IN ({_quoted(bought)})")
    kept_payments = ask(
        new, f"SELECT count(*) FROM payments_payment WHERE status = 'succeeded' AND id IN ({', '.join(map(str, paid))})"
    )
    assert (kept, kept_payments) == (len(bought), len(paid))
    assert ask(new, "SELECT count(*) FROM orders_order") == len(bought)  # a call that was sent again made no second one
    assert "The books are right." in manage(shop.replica.url, "check_integrity")


def _switch_over(shop: ReplicatedShop, pooler: Pooler) -> None:
    """docs/scaling.md, "Replacing the primary", step by step."""
    pooler.tell("PAUSE shop")
    end([(shop.primary_server.program, shop.primary_server.process)])  # it ends once the replica has everything
    ask(shop.replica_server, "SELECT pg_promote()")
    pooler.lead_to(shop.replica)
    pooler.tell("RELOAD", "RESUME shop")


def _quoted(numbers: set[str]) -> str:
    return ", ".join(f"'{number}'" for number in numbers)
