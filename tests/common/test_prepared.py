"""Statements that a connection keeps the plan of: which get a place, and what happens when the server has lost them."""

from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection, transaction
from django.test import override_settings

from common.audit.context import Door, working
from common.postgresql.prepared import MINUTES, MOST, OFTEN, Prepared, read_prepared, run_prepared


class Cursor:
    def __init__(self) -> None:
        self.said: list[str] = []

    def execute(self, sql: str) -> None:
        self.said.append(sql)


def test_a_constant_statement_gets_a_place_once_it_comes_often() -> None:
    cursor, known = Cursor(), Prepared()

    names = [known.name(cursor, "SELECT 1", constant=True) for _ in range(OFTEN + 1)]

    assert names == [None] * (OFTEN - 1) + ["shop_1"] * 2
    assert cursor.said == ["PREPARE shop_1 AS SELECT 1"]


def test_places_are_given_anew_after_some_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("common.postgresql.prepared.time.monotonic", lambda: now[0])
    cursor, known = Cursor(), Prepared()
    for number in range(MOST):
        for _ in range(OFTEN):
            known.name(cursor, f"SELECT {number}", constant=True)

    for _ in range(OFTEN):
        assert known.name(cursor, "SELECT 'late'", constant=True) is None
    assert known.name(cursor, "SELECT $1", constant=False) is not None
    now[0] += 60 * MINUTES
    names = [known.name(cursor, "SELECT 'late'", constant=True) for _ in range(OFTEN)]

    assert names[-1] is not None
    assert cursor.said.count("DEALLOCATE ALL") == 1


@pytest.fixture
def table(transactional_db: None) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE tried (id int, name varchar(10)); INSERT INTO tried VALUES (1, 'one')")
    yield "tried"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE tried")


def test_rows_are_the_same_prepared_or_not(table: str) -> None:
    for _ in range(OFTEN + 2):
        assert read_prepared("SELECT name FROM tried WHERE id = %s", (1,)) == [("one",)]
        assert read_prepared("SELECT name, '50%%' FROM tried WHERE id = %s", (1,), constant=True) == [("one", "50%")]
    with override_settings(DATABASE_PREPARED=False):
        assert read_prepared("SELECT name FROM tried WHERE id = %s", (1,), ahead="SELECT 2") == [("one",)]


def test_a_table_that_is_altered_and_a_server_that_forgets_are_followed(table: str) -> None:
    def read() -> list[tuple[object, ...]]:
        return read_prepared("SELECT * FROM tried WHERE id = %s", (1,))

    assert read() == read() == [(1, "one")]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tried ADD COLUMN more int")
    assert read() == read() == [(1, "one", None)]
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert read() == read() == [(1, "one", None)]


def test_a_write_is_prepared_within_a_transaction_and_says_who_is_at_work(table: str) -> None:
    with working(Door.TASK, origin="a task"), transaction.atomic():
        assert run_prepared("UPDATE tried SET name = %(name)s WHERE id = %(id)s", {"name": "eins", "id": 1}) == ([], 1)
        found = run_prepared("SELECT name, current_query() FROM tried WHERE id = %s", [1], ahead="SELECT 1").rows

    name, query = found[0]
    assert name == "eins"
    assert "EXECUTE shop_" in query
    assert query.endswith("/*audit task||||a task */")


def test_a_number_larger_than_any_key_is_that_of_no_row(table: str) -> None:
    assert run_prepared("SELECT name FROM tried WHERE id = %s", [10**30]).rows == []


def test_a_transaction_whose_statement_was_lost_is_to_be_done_again(table: str) -> None:
    statement = "SELECT name FROM tried WHERE id = %s"
    run_prepared(statement, [1])
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")

    with pytest.raises(OperationalError, match="lost"), transaction.atomic():
        run_prepared(statement, [1])
    with transaction.atomic():
        assert run_prepared(statement, [1]).rows == [("one",)]
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert run_prepared(statement, [1]).rows == [("one",)]
