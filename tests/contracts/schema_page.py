"""Reads docs/database-schema.md and names each way in which the database differs from it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection

PAGE = Path(__file__).resolve().parents[2] / "docs" / "database-schema.md"

# The page's types as PostgreSQL names them; keys are 64-bit wherever the page says Integer for one.
TYPES = {
    "Integer": "integer",
    "SmallInteger": "smallint",
    "Boolean": "boolean",
    "Text": "text",
    "DateTime": "timestamp with time zone",
    "Date": "date",
    "JSON": "jsonb",
}


@dataclass
class Column:
    """A column as the page describes it; `not_null` and `default` are None where the page is silent."""

    type: str
    not_null: bool | None = None
    default: str | None = None
    references: str | None = None


@dataclass
class Table:
    """A table as the page describes it; indexes are tuples of column names."""

    columns: dict[str, Column] = field(default_factory=dict)
    unique: list[tuple[str, ...]] = field(default_factory=list)
    plain: list[tuple[str, ...]] = field(default_factory=list)


def read_page() -> dict[str, Table]:
    """Every documented table by its name."""
    tables: dict[str, Table] = {}
    table = Table()
    for line in PAGE.read_text().splitlines():
        if match := re.match(r"\*\*Table Name\*\*: `(\w+)`", line):
            table = tables[match[1]] = Table()
        elif (cells := [cell.strip() for cell in line.split("|")[1:-1]]) and len(cells) == 4:
            if cells[0] != "Column" and not cells[0].startswith("-"):
                table.columns[cells[0]] = _column(cells[1], cells[2])
        elif match := re.match(r"- (Unique Index|Index|Primary Key): `\(?([\w, ]+)\)?`", line):
            names = tuple(name.strip() for name in match[2].split(","))
            (table.plain if match[1] == "Index" else table.unique).append(names)
    return tables


def _column(kind: str, constraints: str) -> Column:
    is_key = "PK" in constraints or "FK(" in constraints
    column = Column("bigint" if is_key else _type(kind))
    if "PK" in constraints or "Not Null" in constraints or "Default" in constraints or constraints == "Auto":
        column.not_null = True
    elif "Nullable" in constraints:
        column.not_null = False
    if match := re.search(r"Default: ([^,|]+)", constraints):
        column.default = match[1].strip().lower()
    if match := re.search(r"FK\((\w+)\.id\)", constraints):
        column.references = match[1]
    return column


def _type(kind: str) -> str:
    if match := re.match(r"Varchar\((\d+)\)", kind):
        return f"character varying({match[1]})"
    if match := re.match(r"Decimal\((\d+),(\d+)\)", kind):
        return f"numeric({match[1]},{match[2]})"
    return TYPES[kind]


def deviations() -> list[str]:
    """Each deviation of the database from the page, in words; an empty list where there is none."""
    found: list[str] = []
    for name, table in read_page().items():
        actual = _actual_columns(name)
        if not actual:
            found.append(f"{name} is missing")
            continue
        for column_name, wanted in table.columns.items():
            found += _column_deviations(f"{name}.{column_name}", wanted, actual.get(column_name))
        found += _index_deviations(name, table)
    return found


def _column_deviations(name: str, wanted: Column, actual: Column | None) -> Iterator[str]:
    if actual is None:
        yield f"{name} is missing"
        return
    if actual.type != wanted.type:
        yield f"{name} is {actual.type}, not {wanted.type}"
    if wanted.not_null is not None and actual.not_null != wanted.not_null:
        yield f"{name} is {'not null' if actual.not_null else 'nullable'}"
    if wanted.default is not None and actual.default != wanted.default:
        yield f"{name} has the default {actual.default}, not {wanted.default}"
    if wanted.references and actual.references != wanted.references:
        yield f"{name} refers to {actual.references}, not {wanted.references}"


def _index_deviations(name: str, table: Table) -> Iterator[str]:
    unique, leading = _actual_indexes(name)
    for columns in table.unique:
        if frozenset(columns) not in unique:
            yield f"{name} has no unique index on ({', '.join(columns)})"
    for columns in table.plain:
        if columns not in leading:
            yield f"{name} has no index on ({', '.join(columns)})"


def _actual_columns(table: str) -> dict[str, Column]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                   pg_get_expr(d.adbin, d.adrelid), f.relname
            FROM pg_attribute a
            LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            LEFT JOIN pg_constraint c ON c.conrelid = a.attrelid AND c.contype = 'f' AND c.conkey = ARRAY[a.attnum]
            LEFT JOIN pg_class f ON f.oid = c.confrelid
            WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped
            """,
            [table],
        )
        return {
            name: Column(kind, not_null=not_null, default=_plain_default(default), references=references)
            for name, kind, not_null, default, references in cursor.fetchall()
        }


def _plain_default(expression: str | None) -> str | None:
    """`'0'::numeric` and the like as the page writes them."""
    if expression is None:
        return None
    return re.sub(r"^\(?'?(.*?)'?\)?(::[\w ]+(\([\d,]+\))?)*$", r"\1", expression).lower()


def _actual_indexes(table: str) -> tuple[set[frozenset[str]], set[tuple[str, ...]]]:
    """The column sets of unique indexes over whole tables, and every leading run of columns of any index."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT i.indisunique AND i.indpred IS NULL,
                   array_agg(a.attname::text ORDER BY k.position)
            FROM pg_index i
            CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, position)
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
            WHERE i.indrelid = to_regclass(%s) AND i.indisvalid AND i.indexprs IS NULL AND i.indpred IS NULL
            GROUP BY i.indexrelid, i.indisunique, i.indpred
            """,
            [table],
        )
        unique: set[frozenset[str]] = set()
        leading: set[tuple[str, ...]] = set()
        for is_unique, columns in cursor.fetchall():
            if is_unique:
                unique.add(frozenset(columns))
            leading.update(tuple(columns[:length]) for length in range(1, len(columns) + 1))
    return unique, leading
