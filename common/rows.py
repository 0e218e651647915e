"""Rows read and written by SQL that is made once per model, where a request is so hot that the ORM's compiler shows.

What a model says of its columns holds here too; `where`, `fields` and the like are SQL and names of the calling
module, never a caller's input. Nothing here knows relations: `row.order` of a row without its order reads it, as ever.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models

from common.postgresql.prepared import run_prepared

ModelT = TypeVar("ModelT", bound=models.Model)
Convert = Callable[[Any, Any, Any], Any]

FEW = 5  # rows of an insert; each number of them is a statement of its own, and more of them cost more than its plan


def fetch(model: type[ModelT], where: str, values: Sequence[Any]) -> list[ModelT]:
    """The rows of the model that the rest of the statement selects, such as `WHERE id = %s FOR NO KEY UPDATE`."""
    found = run_prepared(f"SELECT {columns(model)} FROM {table_of(model)} {where}", values)  # noqa: S608
    return [build(model, row) for row in found.rows]


def build(model: type[ModelT], row: Sequence[Any]) -> ModelT:
    """The instance of a row whose columns stand in the order of `columns`."""
    names, converters = _reading(model)
    values = list(row)
    for place, convert in converters:
        values[place] = convert(values[place], None, connection)
    return model.from_db(connection.alias, names, values)


def insert(instances: Sequence[models.Model]) -> None:
    """Insert rows of one model in one statement; each instance gets its key."""
    if not instances:
        return
    for instance, (key,) in zip(instances, _insert(instances, ""), strict=True):
        _note_inserted(instance, key)


def insert_new(instance: models.Model, *, unique: str) -> bool:
    """Insert the row unless another has the same in these unique columns; tells whether it was inserted."""
    inserted = _insert([instance], f" ON CONFLICT ({unique}) DO NOTHING")
    for (key,) in inserted:
        _note_inserted(instance, key)
    return bool(inserted)


def _insert(instances: Sequence[models.Model], conflict: str) -> list[tuple[Any, ...]]:
    head, row, tail, fields = _inserting(type(instances[0]))
    values = [
        field.get_db_prep_save(field.pre_save(instance, True), connection) for instance in instances for field in fields
    ]
    statement = f"{head}{', '.join([row] * len(instances))}{conflict}{tail}"
    if len(instances) <= FEW:
        return run_prepared(statement, values).rows
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _note_inserted(instance: models.Model, key: object) -> None:
    instance.pk = key
    instance._state.adding = False  # noqa: SLF001 - as the ORM does
    instance._state.db = connection.alias  # noqa: SLF001


def save(instance: models.Model, *names: str) -> None:
    """Write these fields of a row that is there; a field that keeps the time of the last change is to be named too."""
    model = type(instance)
    changes = {name: model._meta.get_field(name).pre_save(instance, False) for name in names}  # type: ignore[union-attr]  # noqa: SLF001
    change(model, changes, where=f"{_quoted(_key(model))} = %s", values=[instance.pk])


def change(model: type[models.Model], changes: Mapping[str, object], *, where: str, values: Sequence[Any]) -> int:
    """Write these values by the names of their fields in the rows that the condition holds for; tells how many."""
    head, fields = _changing(model, tuple(changes))
    written = [field.get_db_prep_save(value, connection) for field, value in zip(fields, changes.values(), strict=True)]
    return run_prepared(f"{head} WHERE {where}", [*written, *values]).affected


@cache
def columns(model: type[models.Model], alias: str = "") -> str:
    """The model's columns as `build` takes them, each before the alias of its table."""
    prefix = f"{alias}." if alias else ""
    return ", ".join(prefix + _quoted(field.column) for field in model._meta.concrete_fields)  # noqa: SLF001


def names_of(model: type[models.Model], asked: Collection[str]) -> tuple[str, ...]:
    """The asked of the model's columns, in the order in which `Model.from_db` takes them."""
    return tuple(field.attname for field in model._meta.concrete_fields if field.attname in asked)  # noqa: SLF001


@cache
def table_of(model: type[models.Model]) -> str:
    """The model's table."""
    return _quoted(model._meta.db_table)  # noqa: SLF001


@cache
def _reading(model: type[models.Model]) -> tuple[list[str], list[tuple[int, Convert]]]:
    fields = model._meta.concrete_fields  # noqa: SLF001
    converters = [
        (place, convert) for place, field in enumerate(fields) for convert in field.get_db_converters(connection)
    ]
    return [field.attname for field in fields], converters


@cache
def _inserting(model: type[models.Model]) -> tuple[str, str, str, list[Any]]:
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]  # noqa: SLF001
    names = ", ".join(_quoted(field.column) for field in fields)
    head = f"INSERT INTO {table_of(model)} ({names}) VALUES "  # noqa: S608
    row = f"({', '.join(['%s'] * len(fields))})"
    return head, row, f" RETURNING {_quoted(_key(model))}", fields


@cache
def _changing(model: type[models.Model], names: tuple[str, ...]) -> tuple[str, list[Any]]:
    fields: list[Any] = [model._meta.get_field(name) for name in names]  # noqa: SLF001
    changes = ", ".join(f"{_quoted(field.column)} = %s" for field in fields)
    return f"UPDATE {table_of(model)} SET {changes}", fields  # noqa: S608


def _key(model: type[models.Model]) -> str | None:
    return model._meta.pk.column  # noqa: SLF001


def _quoted(name: str | None) -> str:
    if name is None:
        raise TypeError("a field without a column")
    return f'"{name}"'
