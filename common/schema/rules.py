"""What a migration may do while the shop sells and the release before it still runs; `check_migrations` asks.

Each breach says what to do instead; docs/migrations.md has a way for every kind of change.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import migrations
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.fields import FieldOperation
from django.db.migrations.operations.models import IndexOperation, ModelOperation
from django.db.migrations.state import ProjectState
from django.db.models import Value
from django.db.models.functions import Now
from django_zero_downtime_migrations.backends.postgres.schema import UnsafeOperationException

from common.backfills.migrating import RunBackfill
from common.postgresql.schema import StepwiseEditor
from common.schema import statements
from common.schema.operations import DropColumn, DropTable

LEAVING = (migrations.RemoveField, migrations.DeleteModel)
RENAMING = (migrations.RenameField, migrations.RenameModel, migrations.AlterModelTable)
CONSTANT = (int, float, str, bool, bytes, Value, Now)


def breaches(migration: Any, before: ProjectState, released: ProjectState, connection: Any) -> Iterator[str]:
    """Each breach of the migration in words; it is neither changed nor run.

    `before` is the state of the models that it begins with, `released` that of the release before this one.
    """
    made = {each.name_lower for each in migration.operations if isinstance(each, migrations.CreateModel)}
    changing = [each for each in migration.operations if _changes_tables(each, made)]
    kept = [each for each in _each(migration.operations) if isinstance(each, (*LEAVING, *RENAMING))]
    for operation in kept:
        yield f"{operation.describe()}: {LEAVES if isinstance(operation, LEAVING) else RENAMES}"
    if migration.atomic and changing:
        yield f"{changing[0].describe()}: {ONE_TRANSACTION}"
    for operation in migration.operations:
        yield from _of_operation(operation, migration, before, released)
    if not migration.atomic and not kept:
        yield from _of_editor(migration, before, connection)


LEAVES = (
    "the release before this one still reads it; say forget_field() or forget_model() now, and DropColumn or DropTable"
    " a release later"
)
RENAMES = "the release before this one knows the old name; add a column of the new name, and drop the old one later"
ONE_TRANSACTION = "a table that is in use is changed statement by statement: say atomic = False"
RELEASED_KNOWS = "the release before this one knows it: drop it a release after the one that forgets it"


def _each(operations: Iterable[Operation]) -> Iterator[Operation]:
    """The operations that reach the database, those within others included."""
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from _each(operation.database_operations)
        else:
            yield operation


def _changes_tables(operation: Operation, made: set[str]) -> bool:
    """Whether it changes a table that was there before."""
    if isinstance(operation, migrations.CreateModel | migrations.AlterModelOptions | migrations.AlterModelManagers):
        return False
    if isinstance(operation, FieldOperation):
        return operation.model_name_lower not in made
    if isinstance(operation, IndexOperation):
        return str(getattr(operation, "model_name", "")).lower() not in made
    if isinstance(operation, ModelOperation):
        return operation.name_lower not in made
    return isinstance(operation, DropColumn | DropTable)


def _of_operation(operation: Operation, migration: Any, before: ProjectState, released: ProjectState) -> Iterator[str]:
    if isinstance(operation, migrations.RunSQL):
        yield from (f"SQL: {breach}" for breach in statements.breaches(operation.sql, again=not migration.atomic))
    elif isinstance(operation, migrations.RunPython) and len(migration.operations) > 1:
        yield "Python: it would run under the locks of the rest; give it a migration of its own, or RunBackfill"
    elif isinstance(operation, RunBackfill) and migration.atomic:
        yield f"{operation.describe()}: each batch is committed by itself: say atomic = False"
    elif isinstance(operation, migrations.AddField):
        yield from _of_default(operation)
    elif isinstance(operation, DropColumn | DropTable) and _knows(released, operation):
        yield f"{operation.describe()}: {RELEASED_KNOWS}"
    elif isinstance(operation, migrations.SeparateDatabaseAndState):
        yield from _of_forgetting(operation, migration, before)
        for inner in operation.database_operations:
            yield from _of_operation(inner, migration, before, released)


def _of_default(operation: migrations.AddField) -> Iterator[str]:
    field = operation.field
    if field.has_db_default() and not isinstance(field.db_default, CONSTANT):
        yield f"{operation.describe()}: a default that differs by row writes the table anew; fill it by a back-fill"


def _of_forgetting(
    operation: migrations.SeparateDatabaseAndState, migration: Any, before: ProjectState
) -> Iterator[str]:
    """What the code forgets, it does not write any more: rows must be valid without."""
    state = before.clone()
    for earlier in migration.operations[: migration.operations.index(operation)]:
        earlier.state_forwards(migration.app_label, state)
    for inner in operation.state_operations:
        if isinstance(inner, migrations.RemoveField) and not operation.database_operations:
            field = state.models[migration.app_label, inner.model_name_lower].fields[inner.name]
            if not (field.null or field.has_db_default() or field.many_to_many):
                yield f"{inner.describe()}: rows without it are refused; alter it to null=True or a db_default first"


def _knows(released: ProjectState, operation: DropColumn | DropTable) -> bool:
    for model in released.apps.get_models(include_auto_created=True):
        if model._meta.db_table == operation.table:  # noqa: SLF001 - Django's own door to it
            columns = {field.column for field in model._meta.local_fields}  # noqa: SLF001 - as above
            return isinstance(operation, DropTable) or operation.column in columns
    return False


class _Judge(StepwiseEditor):
    """Says what it would refuse, and asks no database."""

    def execute(self, sql: Any, params: Any = ()) -> None:
        """Nothing is done."""

    def _constraint_names(self, *args: Any, **kwargs: Any) -> list[str]:
        return ["some"]

    def _get_constraints(self, *args: Any) -> tuple[()]:
        return ()

    def _get_indexes(self, *args: Any) -> tuple[()]:
        return ()


def _of_editor(migration: Any, before: ProjectState, connection: Any) -> Iterator[str]:
    """What django-pg-zero-downtime-migrations refuses."""
    try:
        with _Judge(connection, collect_sql=True, atomic=False) as judge:
            migration.apply(before.clone(), judge, collect_sql=True)
    except UnsafeOperationException as error:
        yield str(error).splitlines()[0]
