"""A primary, a replica of it, web servers on both: own writes are seen, and nobody misses a replica that dies."""

import itertools
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_django import DjangoDbBlocker

from config.embedded_postgres import data_folder, processes_in
from config.processes import wait_until
from tests.benchmarks import wire
from tests.benchmarks.load import Group, Outcome, closed_loop, single_calls
from tests.benchmarks.servers import processor_seconds
from tests.factories.orders import ADDRESS
from tests.live import LiveShop
from tests.proofs.clusters import ask
from tests.proofs.replicated_shop import ReplicatedShop, metric, readiness, replicated_shop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

NO_REDIS = "redis://127.0.0.1:1/0"
DELAY_SECONDS = 1.5
ROUNDS = 25


@pytest.fixture(scope="module")
def shop(django_db_blocker: DjangoDbBlocker) -> Iterator[ReplicatedShop]:
    with django_db_blocker.unblock(), replicated_shop() as made:
        yield made


def in_rotation(web: LiveShop) -> bool:
    """Whether it reads from the replica now."""
    return metric(web, "shop_replica_reading", "replica_1") == 1


@contextmanager
def busy(shop: ReplicatedShop) -> Iterator[None]:
    """Somebody else writes all the while."""
    stopping = threading.Event()

    def write() -> None:
        while not stopping.wait(0.02):
            shop.on_primary(
                "UPDATE common_readmark SET written_at = now() WHERE caller = 'nobody'; SELECT txid_current()"
            )

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        stopping.set()
        writer.join()


def price_in_list(web: LiveShop, slug: str, **headers: str) -> str:
    listed = web.call("GET", "products/?page_size=100", **headers)
    assert listed.status == 200
    return str(next(each["price"] for each in listed.body["results"] if each["slug"] == slug))


@pytest.mark.parametrize("redis", ["there", "away"])
def test_own_writes_are_seen_through_two_hosts_and_a_lagging_replica(shop: ReplicatedShop, redis: str) -> None:
    """Staff by their token, guests by their cart's, and who has none by the position: each sees what they wrote."""
    environment: dict[str, Any] = {"REDIS_URL": NO_REDIS} if redis == "away" else {}
    shop.delay(DELAY_SECONDS)
    staff = {"Authorization": shop.bearer}
    missed: list[str] = []
    guests_missed = 0
    with shop.web(**environment) as one, shop.web(**environment) as other, busy(shop):
        assert wait_until(lambda: in_rotation(one) and in_rotation(other), 20)
        newest = one.call("GET", "products/?page_size=1").body["results"][0]["slug"]
        for number in range(ROUNDS):
            writer, reader = (one, other) if number % 2 else (other, one)
            price = f"{20 + number}.00"
            written = writer.call("PATCH", f"products/{newest}/", {"price": price}, **staff)
            assert written.status == 200
            position = written.headers["X-Read-After"]
            seen = {
                "list": price_in_list(reader, newest, **staff),
                "page": reader.call("GET", f"products/{newest}/", **staff).body["price"],
                "by position": price_in_list(reader, newest, X_Read_After=position),
            }
            missed += [f"{name} shows {value}, not {price}" for name, value in seen.items() if value != price]
            guests_missed += price_in_list(reader, newest) != price
        by_replica = metric(one, "shop_replica_reads_total", "replica_1")

    assert missed == []
    assert guests_missed == ROUNDS  # the replica does lag, and is read from: nobody else has to see it at once
    assert by_replica > ROUNDS / 2


def test_a_guest_sees_what_they_bought_through_another_host(shop: ReplicatedShop) -> None:
    shop.delay(DELAY_SECONDS)
    with shop.web() as one, shop.web() as other, busy(shop):
        assert wait_until(lambda: in_rotation(one) and in_rotation(other), 20)
        made = one.call("GET", "products/last/").body
        cart = one.post("cart/items/", {"product": made["id"], "quantity": 1}).body
        own = {"X-Cart-Token": cart["token"]}
        method = one.call("GET", "shipping/methods/?country=US&state=CA&subtotal=5").body["results"][0]["id"]
        wish = {"shipping_address": ADDRESS, "shipping_method": method, "email": "ada@example.com"}
        key = {"Idempotency-Key": "the-last-one"}
        before = other.call("GET", f"products/{made['slug']}/", **own)
        assert one.call("POST", "checkout/", wish, **own, **key).status == 201

        after = other.call("GET", f"products/{made['slug']}/", **own)

    assert before.body["in_stock"]
    assert not after.body["in_stock"]


def test_one_that_lags_too_far_is_left_out_until_it_has_caught_up(shop: ReplicatedShop) -> None:
    shop.delay(0)
    with shop.web(DATABASE_REPLICA_MAX_LAG_SECONDS="2") as web, busy(shop):
        assert wait_until(lambda: in_rotation(web), 20)
        shop.delay(30)
        assert wait_until(lambda: not in_rotation(web), 10)
        lagging = readiness(web)
        shop.delay(0)
        assert wait_until(lambda: in_rotation(web), 10)

    assert lagging["status"] == "degraded"
    assert lagging["replicas"]["replica_1"]["state"] == "lagging"


def _load(web: LiveShop, seconds: float, *, connections: int = 8) -> Outcome:
    """Lists and pages of products, one after the other, of which none may fail."""
    address = urlsplit(web.origin)
    paths = [*(f"/products/?page={page}" for page in range(1, 10)), "/products/"]
    requests = single_calls(itertools.cycle([wire.get(path) for path in paths]))
    [outcome] = closed_loop(
        (str(address.hostname), int(address.port or 0)), [Group("reads", requests, connections)], seconds=seconds
    ).values()
    return outcome


@pytest.mark.parametrize("ended", ["killed", "silent"])
def test_its_death_is_noticed_within_five_seconds_and_costs_no_read(shop: ReplicatedShop, ended: str) -> None:
    shop.delay(0)
    deaths: list[float] = []
    with shop.web() as web:
        assert wait_until(lambda: in_rotation(web), 20)

        def strike() -> None:
            time.sleep(2)
            died = time.monotonic()
            _signal(shop, signal.SIGSTOP if ended == "silent" else signal.SIGKILL)
            assert wait_until(lambda: not in_rotation(web), 10)
            deaths.append(time.monotonic() - died)

        striking = threading.Thread(target=strike)
        striking.start()
        outcome = _load(web, 12)
        striking.join()
        primary_reads = metric(web, "shop_replica_reads_total", "primary")
        if ended == "silent":
            _signal(shop, signal.SIGCONT)
        else:
            shop.replica_server.process.wait()
            shop.replica_server = shop.replica.start()
        assert wait_until(lambda: in_rotation(web), 30)
        after = _load(web, 1)

    print(f"{ended}: noticed after {deaths[0]:.1f} s, longest read {max(outcome.latencies):.2f} s")  # noqa: T201
    assert deaths[0] < 5
    assert set(outcome.statuses) == {200}
    assert max(outcome.latencies) < 10
    assert primary_reads > 100
    assert set(after.statuses) == {200}


def _signal(shop: ReplicatedShop, what: signal.Signals) -> None:
    """To all of the replica's processes, which work in its folder."""
    for pid in processes_in(data_folder(shop.replica.home)):
        os.kill(pid, what)


def test_lists_are_not_much_slower_with_one_replica_on_the_same_machine(shop: ReplicatedShop) -> None:
    """By the processor time of everything that works for a list, which neighbours on the machine do not spoil."""
    shop.delay(0)
    ratios, rates = [], []
    with shop.web(replica=False) as without, shop.web() as with_one:
        assert wait_until(lambda: in_rotation(with_one), 20)
        for web in (without, with_one):
            _load(web, 1)
        for _ in range(9):
            costs = []
            for web in (without, with_one):
                before = _processor_seconds(shop, without, with_one)
                read = _load(web, 1.5)
                costs.append((_processor_seconds(shop, without, with_one) - before) / len(read.latencies))
                rates.append(read.rate)
            ratios.append(costs[0] / costs[1])
        by_replica = metric(with_one, "shop_replica_reads_total", "replica_1")

    print(  # noqa: T201
        f"lists for the same processor time with a replica, times those without: {median(ratios):.2f} "
        f"({', '.join(f'{each:.2f}' for each in sorted(ratios))}); "
        f"a second: {median(rates[::2]):.0f} without, {median(rates[1::2]):.0f} with"
    )
    assert by_replica > 1000
    assert median(ratios) >= 0.85


def _processor_seconds(shop: ReplicatedShop, *webs: LiveShop) -> float:
    return sum(
        processor_seconds(each.pid)
        for each in (*(web.process for web in webs), shop.primary_server.process, shop.replica_server.process)
    )


def test_one_that_was_promoted_is_not_read_from(shop: ReplicatedShop) -> None:
    """It follows the primary no more, so what it holds is of no lag that anybody knows."""
    with shop.web() as web:
        assert wait_until(lambda: in_rotation(web), 20)
        assert ask(shop.replica_server, "SELECT pg_promote()")
        assert wait_until(lambda: not in_rotation(web), 10)
        assert readiness(web)["replicas"]["replica_1"]["state"] == "promoted"
        assert web.call("GET", "products/").status == 200
