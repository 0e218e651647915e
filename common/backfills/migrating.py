"""Back-fills as operations of migrations."""

from typing import Any

from django.db import connection
from django.db.migrations.operations.base import Operation, OperationCategory
from psycopg2 import sql

from common.backfills.showing import shown
from common.backfills.working import begin


class RunBackfill(Operation):
    """Work a registered back-fill off; in a migration that says `atomic = False`, so that each batch is committed.

    With `later=True` it is only begun, and Celery's workers do it: for tables so large that a deployment should not
    wait. An empty table, as in a new shop, needs nothing, not even that the name is still known.
    """

    reversible = True
    reduces_to_sql = False
    atomic = False
    category = OperationCategory.SQL

    def __init__(self, name: str, table: str, later: bool = False) -> None:
        self.name = name
        self.table = table
        self.later = later

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Rows are no part of the models."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(self.table)))
            if not cursor.fetchone()[0]:
                return
        if self.later:
            begin(self.name)
        else:
            shown(self.name)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """What was filled in stays."""

    def describe(self) -> str:
        return f"Back-fill {self.name}"
