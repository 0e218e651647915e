"""Applies the migrations of the application of the tests, one by one, as `migrate` does."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.migrations.state import ProjectState

from common.backfills import working
from common.registry import Backfill, backfills

FOLDER = Path(__file__).parent / "changes" / "migrations"
NAMES = [path.stem for path in sorted(FOLDER.glob("0*.py"))]

BACKFILLS = {
    "changes.zone": Backfill(
        "the zone of parcels",
        "changes_parcel",
        "UPDATE changes_parcel SET zone = 'near' WHERE id > %(after)s AND id <= %(until)s AND zone IS NULL",
    ),
    "changes.milligrams": Backfill(
        "the weight of parcels in milligrams",
        "changes_parcel",
        "UPDATE changes_parcel SET milligrams = grams::bigint * 1000"
        " WHERE id > %(after)s AND id <= %(until)s AND milligrams IS NULL",
    ),
    "changes.addressee": Backfill(
        "names without spaces around them",
        "changes_parcel",
        "UPDATE changes_parcel SET addressee = trim(addressee)"
        " WHERE id > %(after)s AND id <= %(until)s AND addressee <> trim(addressee)",
    ),
}


class Parcels:
    """The tables, from one migration to the next."""

    def __init__(self) -> None:
        self.state = ProjectState()

    def apply(self, name: str) -> None:
        """Apply the migration; afterwards the models are as it left them."""
        migration = migration_of(name)
        after = migration.mutate_state(self.state)
        self.begin(migration)
        self.state = after

    def begin(self, migration: Any) -> None:
        """Apply it, and forget that: as though the process had been killed at its end."""
        with connection.schema_editor(atomic=migration.atomic) as editor:
            migration.apply(self.state.clone(), editor)

    def up_to(self, name: str) -> None:
        """Apply all that come before it."""
        for earlier in NAMES[: NAMES.index(name)]:
            self.apply(earlier)


def migration_of(name: str) -> Any:
    return import_module(f"tests.migrations.changes.migrations.{name}").Migration(name, "changes")


def migrated_parcels() -> Iterator[Parcels]:
    """The tables for one test."""
    for name, backfill in BACKFILLS.items():
        backfills.register(name, backfill)
    try:
        yield Parcels()
    finally:
        ask("DROP TABLE IF EXISTS changes_parcel, changes_carrier CASCADE; DROP FUNCTION IF EXISTS changes_keep_both")


def ask(statement: str, values: Any = None) -> list[tuple[Any, ...]]:
    """The rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []


def work_off_later() -> None:
    """What a worker does each minute."""
    working.work_off_begun(seconds=60)
