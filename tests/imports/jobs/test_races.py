"""Real requests at once: an import is confirmed once and undone once, and without Redis an upload is still taken."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from authentication.models import User
from authentication.tokens import AccessToken
from common.models import ImportJob
from config.embedded import LOOPBACK, any_free_port
from products.models import Product
from tests.imports.jobs.conftest import TWO_GOOD_ONE_BAD, Upload, work
from tests.imports.jobs.multipart import post_file
from tests.live import LiveShop, all_at_once, running_shop

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 6
MOVES = ("confirm", "cancel") * 3


def bearer(user: User) -> dict[str, str]:
    return {"Authorization": f"Bearer {AccessToken.for_user(user)}"}


def test_confirmed_by_many_it_is_imported_once(live_shop: LiveShop, upload: Upload, clerk: User) -> None:
    job_id = upload().json()["id"]
    work()

    answers = all_at_once([lambda: live_shop.post(f"imports/{job_id}/confirm/", **bearer(clerk))] * AT_ONCE)
    work()

    assert sorted(each.status for each in answers) == [200] + [409] * (AT_ONCE - 1)
    assert {each.body["code"] for each in answers if each.status == 409} == {"invalid_transition"}
    assert ImportJob.objects.values_list("status", "attempts", "created_count").get() == ("done", 2, 2)


def test_undone_by_many_it_is_undone_once(live_shop: LiveShop, upload: Upload, clerk: User) -> None:
    job_id = upload(confirm="true").json()["id"]
    work()

    answers = all_at_once([lambda: live_shop.post(f"imports/{job_id}/undo/", **bearer(clerk))] * AT_ONCE)

    assert sorted(each.status for each in answers) == [200] + [409] * (AT_ONCE - 1)
    assert {each.body["code"] for each in answers if each.status == 409} == {"undo_refused"}
    assert not Product.objects.exists()


def test_confirmed_and_cancelled_at_once_one_of_them_wins(live_shop: LiveShop, upload: Upload, clerk: User) -> None:
    job_id = upload().json()["id"]
    work()

    calls = [partial(live_shop.post, f"imports/{job_id}/{name}/", **bearer(clerk)) for name in MOVES]
    statuses = {each.status for each in all_at_once(calls)}
    work()

    job = ImportJob.objects.get()
    assert statuses <= {200, 409}
    assert (job.status, Product.objects.count()) in {("done", 2), ("cancelled", 0)}


@contextmanager
def _silent() -> Iterator[str]:
    """The address of a Redis that accepts connections and never says a word."""
    with socket.create_server((LOOPBACK, 0), backlog=512) as server:
        yield f"redis://{LOOPBACK}:{server.getsockname()[1]}/0"


@contextmanager
def _refusing() -> Iterator[str]:
    yield f"redis://{LOOPBACK}:{any_free_port()}/0"


@pytest.mark.parametrize(
    "redis_away",
    [pytest.param(_refusing, id="refused"), pytest.param(_silent, id="silent", marks=pytest.mark.slow)],
)
def test_without_redis_an_upload_is_taken_and_worked_off_later(
    clerk: User, private_folder: Any, redis_away: Any
) -> None:
    with redis_away() as url, running_shop(workers=1, REDIS_URL=url, PRIVATE_ROOT=str(private_folder)) as shop:
        began = time.monotonic()
        answer = post_file(shop.origin, TWO_GOOD_ONE_BAD, confirm="true", **bearer(clerk))
        seconds = time.monotonic() - began

    assert (answer.status, answer.body["status"]) == (202, "confirmed")
    assert seconds < 2.0
    assert work() == 1
    assert Product.objects.count() == 2


def test_a_hundred_megabytes_too_many_are_refused_by_the_server(live_shop: LiveShop, clerk: User) -> None:
    port = int(live_shop.origin.rpartition(":")[2])
    with socket.create_connection((LOOPBACK, port), timeout=20) as raw:
        head = (
            f"POST /api/v1/imports/ HTTP/1.1\r\nHost: {LOOPBACK}\r\nAuthorization: {bearer(clerk)['Authorization']}\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 900000000\r\n\r\n"
        )
        raw.sendall(head.encode())
        answer = b""
        while more := raw.recv(65536):  # head and body may come apart
            answer += more
            if b"body_too_large" in answer:
                break

    assert answer.startswith(b"HTTP/1.1 413")
    assert b"body_too_large" in answer
    assert not ImportJob.objects.exists()
