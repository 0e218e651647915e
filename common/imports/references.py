"""Which tables refer to a model, whoever owns them: what an undo of an import asks before it deletes a new row."""
# ruff: noqa: SLF001 - Django's models tell about themselves in _meta

from collections.abc import Collection, Iterator

from django.db.models import ManyToOneRel, Model

from common.registry import Registry

# Rows that are worked out from others and are worked out again when those go: they keep nothing, and go along.
derived_rows: Registry[type[Model]] = Registry()


def referring(model: type[Model]) -> Iterator[tuple[type[Model], str]]:
    """Yield the models that refer to this one, each with the column that does."""
    for relation in model._meta.get_fields(include_hidden=True):
        if isinstance(relation, ManyToOneRel):
            yield relation.related_model, relation.field.column


def uses(model: type[Model], *, key: str, parts: Collection[type[Model]]) -> Iterator[str]:
    """Yield pieces of SQL, each the name of a table that refers to the row with this key (SQL), or null.

    Parts of the row itself, and derived rows, are no uses of it.
    """
    ignored = {*parts, *(derived for _, derived in derived_rows)}
    for user, column in referring(model):
        if user not in ignored:
            table, name = user._meta.db_table, user._meta.verbose_name_plural
            yield f"CASE WHEN EXISTS (SELECT FROM {table} x WHERE x.{column} = {key}) THEN '{name}' END"
