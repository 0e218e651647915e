"""Statements that take too long are named in the log, with what was at work and without what was asked for."""

import math
from typing import Any

import pytest
import structlog
from django.contrib.auth.models import Group
from django.db import connection
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs

from authentication.models import User
from common.audit.context import Door, working
from common.postgresql import statements
from common.postgresql.prepared import OFTEN, read_prepared
from common.postgresql.statements import name_of, shape_of, slow, tally


@pytest.fixture(autouse=True)
def _uncached_logger(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that has told of a statement before would tell nothing to a test."""
    monkeypatch.setattr(statements, "logger", structlog.stdlib.get_logger())


def told(logs: list[Any]) -> list[Any]:
    return [line for line in logs if line["event"] == "slow_query"]


@pytest.mark.django_db
def test_a_slow_statement_is_named_without_its_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.ensure_connection()  # which reads the settings
    monkeypatch.setattr(slow, "seconds", 0.000001)

    with capture_logs() as logs, working(Door.COMMAND, origin="count_things"):
        list(User.objects.filter(email="ada@example.com"))
        Group.objects.create(name="secret name")

    read, written = told(logs)
    assert (read["statement"], read["origin"], read["log_level"]) == (
        "SELECT authentication_user",
        "count_things",
        "warning",
    )
    assert read["seconds"] >= 0
    assert written["statement"] == "INSERT auth_group"
    assert len(read["sql"]) <= statements.MOST_CHARACTERS
    assert "ada@" not in str(logs)
    assert "secret name" not in str(logs)


@pytest.mark.django_db(transaction=True)
def test_a_prepared_statement_is_named_by_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.ensure_connection()  # which reads the settings
    monkeypatch.setattr(slow, "seconds", 0.000001)

    with capture_logs() as logs:
        for _ in range(OFTEN + 1):
            read_prepared("SELECT id FROM auth_group WHERE name = %s", ["secret name"], constant=True)
        read_prepared("SELECT id FROM auth_group WHERE name = %s AND id > %s", ["secret name", 41])

    assert {line["statement"] for line in told(logs)} == {"SELECT auth_group", "PREPARE auth_group"}
    assert "secret name" not in str(logs)
    assert "41" not in str([line["sql"] for line in told(logs)])


@pytest.mark.django_db
@pytest.mark.parametrize(("setting", "seconds"), [(0, math.inf), (60, 60)])
def test_quick_ones_are_only_counted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, setting: float, seconds: float
) -> None:
    monkeypatch.setattr(slow, "seconds", slow.seconds)  # put back afterwards
    settings.SLOW_QUERY_SECONDS = setting
    slow.read_settings()
    assert slow.seconds == seconds
    before = tally.count

    with capture_logs() as logs, connection.cursor() as cursor:
        cursor.execute("SELECT 1")

    assert told(logs) == []
    assert tally.count == before + 1


@pytest.mark.parametrize(
    ("sql", "shape"),
    [
        ('SELECT "a"."b" FROM "a" WHERE "a"."c" = %s LIMIT 21', "SELECT a.b FROM a WHERE a.c = %s LIMIT ?"),
        ("SELECT 1 WHERE x IN (%s, %s, %s)", "SELECT ? WHERE x IN (?, …)"),
        ("UPDATE a SET b = 'it''s', c = E'\\'x' WHERE d = -1.5e3", "UPDATE a SET b = ?, c = ? WHERE d = ?"),
        ("SELECT 1 /*audit api|7|abc|192.0.2.0|GET x */", "SELECT ?"),
        ("SELECT $1::int, col2 -- why\nFROM t1", "SELECT $1::int, col2 FROM t1"),
        ("SELECT $x$secret$x$", "SELECT ?"),
        (b"SELECT 'bytes'", "SELECT ?"),
        ("SELECT 'cut off", "SELECT"),
    ],
)
def test_no_literal_is_left(sql: Any, shape: str) -> None:
    assert shape_of(sql) == shape


def test_of_very_long_statements_the_beginning_is_read() -> None:
    values = ", ".join(f"('secret {number}')" for number in range(10_000))

    shape = shape_of(f"INSERT INTO things (name) VALUES {values}")

    assert len(shape) < 20_000
    assert "secret" not in shape
    assert name_of(shape) == "INSERT things"
