"""The staging tables of customers: rows as they were read, and what they make; they end with their transaction."""

from collections.abc import Mapping

from django.db import connection

from authentication.imports.rows import ADDRESS_LENGTHS, CUSTOMER_COLUMNS, Value
from common.imports.copying import CopiedLines

_COLUMNS = ("email", *CUSTOMER_COLUMNS, "has_address", *ADDRESS_LENGTHS, "is_default")
_TYPES = {"is_active": "boolean", "date_joined": "timestamptz", "has_address": "boolean", "is_default": "boolean"}
_CREATE = f"""
DROP TABLE IF EXISTS import_row, import_customer;
CREATE TEMPORARY TABLE import_row (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    line integer NOT NULL,
    cells jsonb NOT NULL,
    {", ".join(f"{column} {_TYPES.get(column, 'text')}" for column in _COLUMNS)},

    is_first boolean NOT NULL DEFAULT false,
    target_id bigint,
    address_id bigint,
    address_action text,
    refusal_column text,
    refusal_value text,
    refusal_code text,
    refusal_reason text
) ON COMMIT DROP
"""
_COPY = f"COPY import_row (line, cells, {', '.join(_COLUMNS)}) FROM STDIN"


class StagingTable:
    """Takes rows one by one and copies them in blocks, so that memory stays flat however long the file is."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_CREATE)
        self._lines = CopiedLines(_COPY)

    def add(self, line: int, cells: list[str], row: Mapping[str, Value]) -> None:
        """Take one row."""
        self._lines.add((line, cells, *(row[column] for column in _COLUMNS)))

    def finish(self) -> None:
        """Copy what is left."""
        self._lines.flush()
        with connection.cursor() as cursor:
            cursor.execute("CREATE INDEX ON import_row (email); ANALYZE import_row")
