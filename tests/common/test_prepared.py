"""Statements that a connection keeps the plan of: which get a place, and what happens when the server has lost them."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import override_settings

from common.postgresql.prepared import MINUTES, MOST, OFTEN, Prepared, read_prepared


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
