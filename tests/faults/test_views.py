"""What becomes of views that wait in the memory of a web process: killed, stopped in good order, no database."""

import hashlib
import os
import signal
import threading
import time
from contextlib import AbstractContextManager
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from analytics.models import ProductView
from config.processes import wait_until
from tests.factories.products import ProductFactory
from tests.faults.wires import wire_to
from tests.live import LiveShop, database_environment, running_shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.bare_rows]

FLUSH_SECONDS = 0.5
TELLERS = 3
MOST_LOST_SECONDS = FLUSH_SECONDS + 0.5  # and the time in which a batch is written, on a busy machine


def shop_that_writes(
    *, every_seconds: float = FLUSH_SECONDS, workers: int = 2, **environment: str
) -> AbstractContextManager[LiveShop]:
    """A shop whose processes write views so often."""
    return running_shop(
        workers=workers, respawn=False, VIEWS_IN_BACKGROUND="true", VIEW_FLUSH_SECONDS=str(every_seconds), **environment
    )


class Teller:
    """Tells of views without pause; `told` is when the shop took each, by what is kept of its visitor."""

    def __init__(self, shop: LiveShop, product: int) -> None:
        self.shop, self.product = shop, product
        self.told: dict[str, float] = {}

    def tell(self) -> int:
        """Tell of one view of somebody new; the status."""
        visitor = str(uuid4())
        answer = self.shop.post("analytics/product-views/", {"product": self.product}, X_Visitor_ID=visitor)
        if answer.status == 202:
            self.told[hashlib.sha256(visitor.encode()).hexdigest()] = time.monotonic()
        return answer.status

    def tell_on(self) -> None:
        """Go on until the shop is gone."""
        while True:
            try:
                self.tell()
            except OSError:
                return

    def missing(self) -> set[str]:
        """Those that were taken and are not in the database."""
        return self.told.keys() - written()


def written() -> set[str]:
    """The visitors, as they are kept, whose views are in the database."""
    return {view.session_id or "" for view in ProductView.objects.only("session_id")}


def test_killed_server_loses_the_views_of_the_last_moment_only() -> None:
    product = ProductFactory.create()
    with shop_that_writes() as shop:
        teller = Teller(shop, product.id)
        threads = [threading.Thread(target=teller.tell_on) for _ in range(TELLERS)]
        for thread in threads:
            thread.start()
        assert wait_until(lambda: ProductView.objects.count() > 50, 60)

        killed_at = time.monotonic()
        os.killpg(shop.process.pid, signal.SIGKILL)
        for thread in threads:
            thread.join(60)

    lost = sorted(killed_at - teller.told[view] for view in teller.missing())
    # A view may have been written whose answer the kill cut off.
    assert len(written() - teller.told.keys()) <= TELLERS
    assert len(written()) == ProductView.objects.count() > 50
    assert lost == [] or lost[-1] < MOST_LOST_SECONDS


@pytest.mark.slow
def test_twin_that_hardly_ever_writes_loses_more_than_that() -> None:
    product = ProductFactory.create()
    with shop_that_writes(every_seconds=60) as shop:
        teller = Teller(shop, product.id)
        assert [teller.tell() for _ in range(10)] == [202] * 10
        time.sleep(MOST_LOST_SECONDS)
        killed_at = time.monotonic()
        os.killpg(shop.process.pid, signal.SIGKILL)

    lost = [killed_at - teller.told[view] for view in teller.missing()]
    assert len(lost) == 10
    assert max(lost) > MOST_LOST_SECONDS


def test_server_that_is_asked_to_stop_writes_what_waits() -> None:
    product = ProductFactory.create()
    # Of two, one might still be starting, and granian's do not hear a signal then.
    with shop_that_writes(every_seconds=60, workers=1) as shop:
        teller = Teller(shop, product.id)
        assert [teller.tell() for _ in range(40)] == [202] * 40
        assert ProductView.objects.count() == 0

        began = time.monotonic()
        shop.process.terminate()
        shop.process.wait(30)

    assert time.monotonic() - began < 8  # what `make run` grants the workers
    assert teller.missing() == set()
    assert ProductView.objects.count() == 40


@pytest.mark.parametrize(
    "silent", [pytest.param(False, id="refused"), pytest.param(True, id="silent", marks=pytest.mark.slow)]
)
def test_views_wait_up_to_the_bound_while_the_database_is_away(silent: bool) -> None:
    product = ProductFactory.create()
    url = urlsplit(database_environment()["DATABASE_URL"])
    assert url.port is not None
    with wire_to(url.port) as wire:
        through = url._replace(netloc=url.netloc.replace(f":{url.port}", f":{wire.port}")).geturl()
        with shop_that_writes(workers=1, DATABASE_URL=through, VIEW_BUFFER_SIZE="30") as shop:
            teller = Teller(shop, product.id)
            assert teller.tell() == 202
            assert wait_until(lambda: ProductView.objects.count() == 1, 30)

            (wire.silence if silent else wire.cut)()
            began = time.monotonic()
            assert [teller.tell() for _ in range(31)] == [202] * 30 + [503]
            assert time.monotonic() - began < 5  # telling waits for nothing

            wire.heal()
            assert wait_until(lambda: ProductView.objects.count() == 31, 60)
            assert teller.tell() == 202
            assert wait_until(lambda: ProductView.objects.count() == 32, 60)

    assert teller.missing() == set()
