"""Where views wait: bounded, never in anybody's way, and written once whatever the database does."""

import os
import threading
import time
from collections.abc import Sequence

import pytest
from django.db import DataError, OperationalError
from pytest_django import Settings

from analytics.services import view_buffer
from analytics.services.product_views import ToldView, told_view
from analytics.services.view_buffer import ViewBuffer
from config.processes import wait_until

LONG = 20.0


def view_of(product: int) -> ToldView:
    return told_view(product=product, claim=None, session=None, address="127.0.0.1", agent="", referrer="")


class Writer:
    """A database for views: `errors` are what the next writes raise, `poison` is what it can never store."""

    def __init__(self) -> None:
        self.written: list[int | None] = []
        self.batches: list[int] = []
        self.errors: list[Exception] = []
        self.poison: int | None = None
        self.may_write = threading.Event()
        self.may_write.set()

    def __call__(self, views: Sequence[ToldView]) -> int:
        self.may_write.wait()
        if self.errors:
            raise self.errors.pop(0)
        if self.poison in [view.id for view in views]:
            raise DataError("poison")
        self.batches.append(len(views))
        self.written += [view.id for view in views]
        return len(views)


@pytest.fixture
def writer() -> Writer:
    return Writer()


@pytest.fixture
def background(settings: Settings) -> None:
    settings.VIEWS_IN_BACKGROUND = True
    settings.VIEW_FLUSH_SECONDS = 0.01


def test_flush_writes_in_order_and_in_batches(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_buffer, "BATCH_ROWS", 4)
    buffer = ViewBuffer(writer)
    for product in range(1, 11):
        assert buffer.offer(view_of(product))

    buffer.flush()

    assert writer.written == list(range(1, 11))
    assert writer.batches == [4, 4, 2]
    assert len(buffer) == 0


def test_what_could_not_be_written_waits_in_order(writer: Writer) -> None:
    buffer = ViewBuffer(writer)
    writer.errors = [OperationalError("away")]
    buffer.offer(view_of(1))
    buffer.offer(view_of(2))

    with pytest.raises(OperationalError):
        buffer.flush()
    buffer.offer(view_of(3))
    buffer.flush()

    assert writer.written == [1, 2, 3]


def test_view_that_cannot_be_stored_goes_alone(writer: Writer) -> None:
    buffer = ViewBuffer(writer)
    writer.poison = 6
    for product in range(1, 11):
        buffer.offer(view_of(product))

    buffer.flush()

    assert writer.written == [1, 2, 3, 4, 5, 7, 8, 9, 10]
    assert len(buffer) == 0


def test_bound_counts_what_is_being_written(writer: Writer, settings: Settings, background: None) -> None:
    settings.VIEW_BUFFER_SIZE = 3
    buffer = ViewBuffer(writer)
    writer.may_write.clear()
    assert buffer.offer(view_of(1))
    assert wait_until(lambda: not buffer.waiting(), LONG)

    began = time.monotonic()
    answers = [buffer.offer(view_of(product)) for product in (2, 3, 4)]

    assert answers == [True, True, False]
    assert time.monotonic() - began < 0.1
    writer.may_write.set()
    assert wait_until(lambda: writer.written == [1, 2, 3], LONG)


def test_thread_goes_on_after_the_database_was_away(writer: Writer, background: None) -> None:
    buffer = ViewBuffer(writer)
    writer.errors = [OperationalError("away"), OperationalError("still away")]

    buffer.offer(view_of(1))
    assert wait_until(lambda: writer.written == [1], LONG)
    buffer.offer(view_of(2))

    assert wait_until(lambda: writer.written == [1, 2], LONG)


def test_thread_that_rested_is_woken(writer: Writer, background: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_buffer, "IDLE_SECONDS", 0.01)
    buffer = ViewBuffer(writer)
    buffer.offer(view_of(1))
    assert wait_until(lambda: writer.written == [1], LONG)
    time.sleep(0.1)

    buffer.offer(view_of(2))

    assert wait_until(lambda: writer.written == [1, 2], LONG)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_thread_that_a_mistake_ended_is_started_again(writer: Writer, background: None) -> None:
    buffer = ViewBuffer(writer)
    writer.errors = [ZeroDivisionError()]
    buffer.offer(view_of(1))
    assert wait_until(lambda: not writer.errors and len(buffer) == 1 and not buffer.is_being_emptied(), LONG)

    buffer.offer(view_of(2))

    assert wait_until(lambda: writer.written == [1, 2], LONG)


def test_fork_leaves_views_to_the_parent(writer: Writer) -> None:
    buffer = ViewBuffer(writer)
    buffer.offer(view_of(1))

    child = os.fork()
    if child == 0:
        os._exit(len(buffer))
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert len(buffer) == 1
