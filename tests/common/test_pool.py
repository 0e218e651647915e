"""Connections that threads share: how many, which one next, and what becomes of those that are of no more use."""

import threading
from collections.abc import Iterator

import psycopg2
import pytest
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections

from common.postgresql.pool import pools


@pytest.fixture
def shared() -> Iterator[None]:
    """The test's own thread has a connection of Django's; others share two."""
    pools.switch_on(2, wait_seconds=0.05)
    yield
    pools.switch_off()


def _in_thread(work: object) -> object:
    results: list[object] = []

    def run() -> None:
        own = connections[DEFAULT_DB_ALIAS]
        own.settings_dict["CONN_MAX_AGE"] = 600
        try:
            results.append(work(own))  # type: ignore[operator]
        except Exception as error:  # noqa: BLE001 - handed on
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return results[0]


def _pid(own: object) -> int:
    with own.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def _request(own: object) -> int:
    pid = _pid(own)
    own.close_if_unusable_or_obsolete()  # type: ignore[attr-defined]
    return pid


@pytest.mark.usefixtures("transactional_db", "shared")
class TestSharedConnections:
    """Of threads that are none of Django's tests."""

    def test_the_next_thread_goes_on_with_it(self) -> None:
        assert _in_thread(_request) == _in_thread(_request)

    def test_a_thread_that_finds_none_is_told_so(self) -> None:
        def holds_one(own: object) -> object:
            _pid(own)
            inner = _in_thread(lambda other: (_pid(other), _in_thread(_request), other.close())[1])
            own.close()  # type: ignore[attr-defined]
            return inner

        assert isinstance(_in_thread(holds_one), OperationalError)
        assert isinstance(_in_thread(_request), int)

    def test_one_that_was_closed_frees_its_place(self) -> None:
        def closes(own: object) -> int:
            pid = _pid(own)
            own.close()  # type: ignore[attr-defined]
            return pid

        pids = {_in_thread(closes) for _ in range(5)}

        assert len(pids) == 5

    def test_one_that_the_server_ended_is_passed_over(self) -> None:
        first = _in_thread(_request)
        with psycopg2.connect(**connections[DEFAULT_DB_ALIAS].get_connection_params()) as own, own.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [first])

        second = _in_thread(_request)

        assert isinstance(second, int)
        assert second != first

    def test_a_transaction_that_was_left_open_is_not_handed_on(self) -> None:
        def leaves_open(own: object) -> int:
            pid = _pid(own)
            own.connection.cursor().execute("BEGIN")  # type: ignore[attr-defined]
            own.close_if_unusable_or_obsolete()  # type: ignore[attr-defined]
            return pid

        assert _in_thread(leaves_open) != _in_thread(_request)
