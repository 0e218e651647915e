"""Which replica is read from, by whom, and what becomes of a read that fails there; no replica runs for it."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections
from django.http import HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from common.models import OutboxEvent, ReadMark
from common.postgresql.pool import NoConnectionFree
from common.replicas import marks, reading, standings
from common.replicas.lag import Written
from common.replicas.marks import Asker
from common.replicas.middleware import MarkMiddleware
from common.replicas.rotation import FOLLOWING, LAGGING, PROMOTED, Rotation, Standing, judge

ALIAS = "replica_1"


def written(*pairs: tuple[float, int], kept_seconds: float = 100) -> Written:
    made = Written(kept_seconds)
    for moment, position in pairs:
        made.add(moment, position)
    return made


class TestLag:
    """Seconds since the primary had written what the replica has applied."""

    def test_is_none_for_who_has_applied_all(self) -> None:
        assert written((1, 10), (2, 20), (3, 30)).lag_of(30) == 0

    def test_counts_from_the_last_moment_all_of_which_is_applied(self) -> None:
        assert written((1, 10), (2, 20), (3, 30)).lag_of(29) == 1
        assert written((1, 10), (2, 20), (3, 30)).lag_of(15) == 2

    def test_does_not_grow_while_nothing_is_written(self) -> None:
        assert written((1, 10), (2, 10), (50, 10)).lag_of(10) == 0

    def test_is_unknown_before_the_first_position_that_is_remembered(self) -> None:
        assert written().lag_of(10) is None
        assert written((1, 10), (200, 20)).lag_of(15) is None

    def test_a_position_that_went_back_is_of_another_server(self) -> None:
        assert written((1, 10), (2, 20), (3, 5)).lag_of(4) is None


class TestJudging:
    """An answer of a replica, held against what the primary has written."""

    @pytest.mark.parametrize(
        ("applied", "state"),
        [((True, 30), FOLLOWING), ((True, 15), FOLLOWING), ((True, 9), LAGGING), ((False, None), PROMOTED)],
    )
    def test_one_follows_that_is_near(self, applied: tuple[bool, int | None], state: str) -> None:
        told = judge(applied, written((0, 5), (5, 10), (6, 20), (7, 30)), max_lag_seconds=2, now=7)

        assert told.state == state


def rotation_of(**standings: Standing) -> Rotation:
    """A rotation that looks at nothing."""
    made = Rotation(list(standings), max_lag_seconds=5)
    made._watches = True
    made._standings = dict(standings)
    return made


def following(position: int, *, age: float = 0) -> Standing:
    return Standing(FOLLOWING, position, 0.0, time.monotonic() - age)


class TestChoice:
    """Of the replicas, one that will do."""

    def test_goes_round_those_that_are_well(self) -> None:
        rotation = rotation_of(a=following(5), b=Standing(LAGGING, 5, 9.0, time.monotonic()), c=following(5))

        assert {rotation.choose() for _ in range(6)} == {"a", "c"}

    def test_takes_only_one_that_has_applied_what_was_written(self) -> None:
        rotation = rotation_of(a=following(5), b=following(9))

        assert {rotation.choose(6) for _ in range(4)} == {"b"}
        assert rotation.choose(10) is None

    def test_trusts_no_answer_that_is_old(self) -> None:
        assert rotation_of(a=following(5, age=60)).choose() is None

    def test_leaves_out_one_that_was_doubted(self) -> None:
        rotation = rotation_of(a=following(5))
        rotation.doubt("a")

        assert rotation.choose() is None


@pytest.mark.django_db
class TestMarks:
    """Who wrote, by all that they are known by again."""

    def test_an_account_is_found_again_with_its_position(self) -> None:
        position = marks.note(Asker({}, 7))

        assert position == _text(marks.position_for(Asker({}, 7)))
        assert marks.position_for(Asker({}, 8)) == 0

    def test_so_are_the_holders_of_a_cart_and_of_an_order(self) -> None:
        marks.note(Asker({"HTTP_X_CART_TOKEN": "c", "HTTP_X_ORDER_TOKEN": "o"}))

        assert (marks.position_for(Asker({"HTTP_X_CART_TOKEN": "c"})) or 0) > 0
        assert (marks.position_for(Asker({"HTTP_X_ORDER_TOKEN": "o"}, 9)) or 0) > 0
        assert marks.position_for(Asker({"HTTP_X_CART_TOKEN": "o"})) == 0

    def test_keeps_no_token(self) -> None:
        marks.note(Asker({"HTTP_X_CART_TOKEN": "secret"}))

        assert "secret" not in ReadMark.objects.get().caller

    def test_a_guest_without_anything_is_asked_for_nothing(self, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(0):
            assert marks.note(Asker({})) is None
            assert marks.position_for(Asker({})) == 0

    @pytest.mark.parametrize(
        ("carried", "position"),
        [("0/A", 10), ("1/0", 1 << 32), ("", 0), ("x", None), ("1/2/3", None), ("0/" * 99, None)],
    )
    def test_a_position_may_be_carried(self, carried: str, position: int | None) -> None:
        assert marks.position_for(Asker({"HTTP_X_READ_AFTER": carried})) == position

    def test_the_later_of_both_counts(self) -> None:
        marks.note(Asker({}, 7))

        assert marks.position_for(Asker({"HTTP_X_READ_AFTER": "FFFFFFFF/0"}, 7)) == 0xFFFFFFFF << 32

    def test_old_ones_count_no_more_and_go(self) -> None:
        marks.note(Asker({}, 7))
        ReadMark.objects.update(written_at="2020-01-01T00:00:00Z")

        assert marks.position_for(Asker({}, 7)) == 0
        assert marks.drop_old() == 1
        assert not ReadMark.objects.exists()


def _text(position: int | None) -> str:
    assert position
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"


@pytest.fixture
def replica(transactional_db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A second connection to the test's database, which refuses to write as a replica does."""
    own: Any = connections[DEFAULT_DB_ALIAS]
    options = {**own.settings_dict["OPTIONS"], "options": "-c default_transaction_read_only=on"}
    connections[ALIAS] = type(own)({**own.settings_dict, "OPTIONS": options}, ALIAS)
    rotation = rotation_of(**{ALIAS: following(1 << 60)})
    monkeypatch.setattr(reading, "rotation", rotation)
    monkeypatch.setattr(standings, "rotation", rotation)
    settings.DATABASE_REPLICAS = [ALIAS]
    yield rotation
    connections[ALIAS].close()
    del connections[ALIAS]


def is_read_only() -> bool:
    """Whether what this thread calls its database is the replica."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return bool(cursor.fetchone()[0] == "on")


GUEST = Asker({})


class TestReading:
    """One read, by whatever reads the database, on one server."""

    def test_is_done_on_the_replica(self, replica: Rotation) -> None:
        assert reading.read(is_read_only, GUEST)
        assert not is_read_only()

    def test_models_are_read_there_too(self, replica: Rotation) -> None:
        def read() -> tuple[bool, int]:
            return OutboxEvent.objects.filter(id=0).count() == 0 and is_read_only(), OutboxEvent.objects.count()

        assert reading.read(read, GUEST) == (True, 0)

    def test_who_wrote_reads_on_the_primary_until_the_replica_has_it(self, replica: Rotation) -> None:
        marks.note(Asker({}, 7))
        replica._standings[ALIAS] = following(1)

        assert not reading.read(is_read_only, Asker({}, 7))
        assert reading.read(is_read_only, Asker({}, 8))
        replica._standings[ALIAS] = following(1 << 60)
        assert reading.read(is_read_only, Asker({}, 7))

    def test_a_position_that_makes_no_sense_leads_to_the_primary(self, replica: Rotation) -> None:
        assert not reading.read(is_read_only, Asker({"HTTP_X_READ_AFTER": "yesterday"}))

    def test_what_fails_there_is_done_again_on_the_primary(self, replica: Rotation) -> None:
        def read() -> bool:
            with connection.cursor() as cursor:
                if is_read_only():
                    cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            return is_read_only()

        assert reading.read(read, GUEST) is False
        assert replica.choose() is None

    def test_one_that_gave_way_to_what_it_had_to_apply_stays(self, replica: Rotation) -> None:
        def read() -> bool:
            with connection.cursor() as cursor:
                if is_read_only():
                    cursor.execute("DO $$ BEGIN RAISE 'conflict with recovery' USING ERRCODE = '40001'; END $$")
            return is_read_only()

        assert reading.read(read, GUEST) is False
        assert replica.choose() == ALIAS

    def test_what_writes_after_all_is_done_on_the_primary(self, replica: Rotation) -> None:
        assert reading.read(lambda: marks.note(Asker({}, 7)), GUEST)
        assert ReadMark.objects.count() == 1

    @pytest.mark.parametrize("error", [NoConnectionFree("none free"), ValueError("of the view")])
    def test_what_the_primary_would_do_no_better_is_raised(self, replica: Rotation, error: Exception) -> None:
        calls: list[bool] = []

        def read() -> None:
            calls.append(is_read_only())
            raise error

        with pytest.raises(type(error)):
            reading.read(read, GUEST)
        assert calls == [True]

    def test_a_statement_that_takes_too_long_is_not_tried_again(self, replica: Rotation) -> None:
        def read() -> None:
            with connection.cursor() as cursor:
                cursor.execute("BEGIN; SET LOCAL statement_timeout = 20; SELECT pg_sleep(5)")

        with pytest.raises(OperationalError, match="statement timeout"):
            reading.read(read, GUEST)
        assert replica.choose() == ALIAS

    def test_within_a_transaction_nothing_is_led_elsewhere(self, replica: Rotation) -> None:
        connection.set_autocommit(False)
        connection.in_atomic_block = True
        try:
            assert not reading.read(is_read_only, GUEST)
        finally:
            connection.in_atomic_block = False
            connection.rollback()
            connection.set_autocommit(True)

    def test_threads_are_led_each_for_itself(self, replica: Rotation) -> None:
        found: list[bool] = []

        def elsewhere() -> None:
            found.append(is_read_only())
            connection.close()

        def read() -> bool:
            other = threading.Thread(target=elsewhere)
            other.start()
            other.join()
            return is_read_only()

        assert reading.read(read, GUEST)
        assert found == [False]


class TestMarking:
    """Requests that write leave a mark, and tell the position."""

    def _answer(self, method: str, user: Any = None, **fields: str) -> Any:
        request = RequestFactory().generic(method, "/api/v1/cart/")
        request.META.update(fields)
        request.user = user
        return MarkMiddleware(lambda _: HttpResponse())(request)

    def test_a_write_does(self, transactional_db: None, user: Any) -> None:
        answer = self._answer("PATCH", user)

        assert answer["X-Read-After"] == _text(marks.position_for(Asker({}, user.pk)))

    @pytest.mark.parametrize(("method", "fields"), [("GET", {"HTTP_X_CART_TOKEN": "c"}), ("POST", {})])
    def test_a_read_does_not_and_nobody_cannot(
        self, transactional_db: None, method: str, fields: dict[str, str]
    ) -> None:
        connection.ensure_connection()

        assert "X-Read-After" not in self._answer(method, **fields)
        assert not ReadMark.objects.exists()


def test_readiness_tells_each_replica(replica: Rotation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standings, "_server", lambda alias: "replica.example:5432")

    assert standings.check() == {
        "status": "ok",
        "replicas": {ALIAS: {"server": "replica.example:5432", "state": "following", "lag_seconds": 0.0}},
    }
    replica.doubt(ALIAS)
    assert standings.check()["status"] == "degraded"
    assert [(each.name, dict(each.values)) for each in standings.gauges()] == [
        ("replica_reading", {ALIAS: 0.0}),
        ("replica_lag_seconds", {}),
    ]
