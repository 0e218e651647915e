"""Dropping in two releases: first the code forgets a column or table, a release later the database drops it."""

from collections.abc import Callable
from typing import Any

from django.db import migrations
from django.db.migrations.operations.base import Operation, OperationCategory


def forget_field(model_name: str, name: str) -> migrations.SeparateDatabaseAndState:
    """This release's code knows the field no more; the column stays for the release that still runs beside it."""
    return migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField(model_name, name)])


def forget_model(name: str) -> migrations.SeparateDatabaseAndState:
    """The same of a whole table."""
    return migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name)])


class _Drop(Operation):
    """What was dropped does not come back: going backwards needs a backup."""

    reversible = False
    reduces_to_sql = True
    category = OperationCategory.REMOVAL

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The models forgot it a release ago."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Without a word where it is gone already."""
        schema_editor.execute(self.statement(schema_editor.quote_name), params=None)

    def statement(self, quote: Callable[[str], str]) -> str:
        """What drops it."""
        raise NotImplementedError


class DropColumn(_Drop):
    """Drop a column that the code of the release before this one has forgotten already, with its indexes."""

    def __init__(self, table: str, column: str) -> None:
        self.table = table
        self.column = column

    def statement(self, quote: Callable[[str], str]) -> str:
        return f"ALTER TABLE IF EXISTS {quote(self.table)} DROP COLUMN IF EXISTS {quote(self.column)}"

    def describe(self) -> str:
        return f"Drop column {self.table}.{self.column}"


class DropTable(_Drop):
    """Drop a table that the code of the release before this one has forgotten already."""

    def __init__(self, table: str) -> None:
        self.table = table

    def statement(self, quote: Callable[[str], str]) -> str:
        return f"DROP TABLE IF EXISTS {quote(self.table)}"

    def describe(self) -> str:
        return f"Drop table {self.table}"
