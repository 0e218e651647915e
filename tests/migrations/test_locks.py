"""Migrations that find a table in use: they give way, try again, and leave nothing half done."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from pytest_django import Settings

from common.management.commands.migrate import LOCK
from common.postgresql import schema
from tests.migrations.parcels import Parcels, ask, migration_of


@pytest.fixture
def reader(parcels: Parcels, settings: Settings) -> Iterator[Any]:
    """A transaction of another session that has read the table and does not end."""
    settings.MIGRATION_LOCK_TIMEOUT = "30ms"
    parcels.up_to("0002_new_column")
    other = psycopg2.connect(**{**connection.get_connection_params(), "cursor_factory": None})
    with other.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM changes_parcel")
    yield other
    other.close()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], Any]]:
    """What happens in the pauses of a migration, one after the other; they take no time."""
    meanwhile: list[Callable[[], Any]] = []
    monkeypatch.setattr(schema.time, "sleep", lambda seconds: meanwhile.pop(0)())
    return meanwhile


def test_gives_way_and_tries_again(parcels: Parcels, reader: Any, pauses: list[Callable[[], Any]]) -> None:
    def others_write() -> None:
        ask("SET lock_timeout = '30ms'; INSERT INTO changes_parcel (grams, addressee) VALUES (1, 'Ada')")
        assert "priority" not in ask("SELECT * FROM changes_parcel")[0]

    pauses += [others_write, others_write, reader.rollback]

    parcels.apply("0002_new_column")

    assert pauses == []
    assert ask("SELECT priority FROM changes_parcel") == [(0,), (0,)]


def test_one_transaction_gives_way_as_a_whole(reader: Any, pauses: list[Callable[[], Any]]) -> None:
    pauses += [lambda: ask("INSERT INTO changes_parcel (grams, addressee) VALUES (1, 'Ada')"), reader.rollback]

    def migrate() -> None:
        with connection.schema_editor(atomic=True) as editor:
            editor.execute("CREATE TABLE changes_made (id int)")
            editor.execute("ALTER TABLE changes_parcel ADD COLUMN more int")

    schema.with_patience(migrate)

    assert ask("SELECT more FROM changes_parcel") == [(None,)]
    ask("DROP TABLE changes_made")


def test_gives_up_in_the_end(parcels: Parcels, reader: Any, settings: Settings) -> None:
    settings.MIGRATION_PATIENCE_SECONDS = 0

    with pytest.raises(OperationalError, match="lock timeout"):
        parcels.begin(migration_of("0002_new_column"))


def test_an_index_waits_without_a_limit(
    parcels: Parcels, reader: Any, pauses: list[Callable[[], Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader.rollback()
    parcels.apply("0002_new_column")
    limits: list[str] = []
    execute = schema.DatabaseSchemaEditor.execute

    def note(self: Any, sql: Any, params: Any = ()) -> None:
        limits.append(ask("SHOW lock_timeout")[0][0])
        execute(self, sql, params)

    monkeypatch.setattr(schema.DatabaseSchemaEditor, "execute", note)
    parcels.apply("0003_new_index")
    parcels.apply("0004_new_foreign_key")

    # The index; then the column, the key not yet valid, its validation, and the index of the key.
    assert limits == ["0", "30ms", "30ms", "0", "0"]


def test_an_invalid_index_is_made_anew(parcels: Parcels) -> None:
    parcels.up_to("0004_new_foreign_key")
    parcels.state = Parcels().state
    ask("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'changes_parcel_urgent'::regclass")
    parcels = _again(parcels, "0003_new_index")

    assert ask("SELECT indisvalid FROM pg_index WHERE indexrelid = 'changes_parcel_urgent'::regclass") == [(True,)]


def _again(parcels: Parcels, name: str) -> Parcels:
    for earlier in ("0001_initial", "0002_new_column"):
        parcels.state = migration_of(earlier).mutate_state(parcels.state)
    parcels.apply(name)
    return parcels


@pytest.mark.django_db(transaction=True)
def test_one_migrate_at_a_time(settings: Settings) -> None:
    settings.MIGRATION_PATIENCE_SECONDS = 0
    other = psycopg2.connect(**{**connection.get_connection_params(), "cursor_factory": None})
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [LOCK])

    with pytest.raises(CommandError, match="Another migrate is still at work"):
        call_command("migrate", verbosity=0)

    with other.cursor() as cursor:  # closing it alone, the server is a moment late to notice
        cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [LOCK])
    other.close()
    call_command("migrate", verbosity=0)
