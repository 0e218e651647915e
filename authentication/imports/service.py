"""Imports a file of customers: the one way in for commands, the admin and the API."""

from contextlib import ExitStack
from dataclasses import replace
from itertools import chain

from django.db import connection, transaction

from authentication.imports.checking import check_rows
from authentication.imports.formats import CustomerFormat, find_format
from authentication.imports.merging import merge_rows
from authentication.imports.rows import UNREADABLE, WrongCells, parse_row
from authentication.imports.staging import StagingTable
from common.failpoints import failpoint
from common.imports.batches import close_batch, open_batch
from common.imports.blocks import read_blocks
from common.imports.errors import Refusal, RefusedRow
from common.imports.listening import Change, ImportRequest, Listener, Summary, watched_rows
from common.imports.reading import OpenTable, open_table
from common.imports.shapes import wrong_shape
from common.locking import advisory_lock

SUBJECT = "customers"
LOCK = "customers.import"

_COUNT = f"""
SELECT
    count(*) FILTER (WHERE action = 'create'),
    count(*) FILTER (WHERE action = 'update'),
    count(*) FILTER (WHERE action = 'unchanged'),
    count(*) FILTER (WHERE action = 'skip'),
    (SELECT count(*) FROM import_row WHERE refusal_code IS NOT NULL),
    count(*) FILTER (WHERE action = 'create' AND password_hash = '{UNREADABLE}'),
    count(*) FILTER (WHERE action = 'create' AND password_hash IS NULL)
FROM import_customer
"""  # noqa: S608 - of the constant above


def run_import(request: ImportRequest, listener: Listener | None = None) -> Summary:
    """Bring a file of customers into the shop, in one transaction; a dry run finds out the same and writes nothing.

    Counts customers, and of the refused the rows of the file. Nobody gets rights, and an account that has rights, a
    password of its own or was erased keeps them. Nobody is written to. What is changed is remembered as a batch. One
    import runs at a time. Locks the accounts that change, by id. Raises FileRefused where the file as a whole cannot be
    taken.
    """
    told = listener or Listener()
    with ExitStack() as stack:
        table = stack.enter_context(open_table(request.path, encoding=request.encoding))
        file_format = find_format(table.header, name=request.format_name)
        told.opened(table.original_header)
        stack.enter_context(transaction.atomic())
        advisory_lock(LOCK)
        unread = _stage(table, file_format, told)
        check_rows(mode=request.mode)
        failpoint("import.after_staging")
        summary = _count(file_format, unread)
        if summary.changed and not request.dry_run:
            row = open_batch(subject=SUBJECT, request=request, format_name=file_format.name)
            merge_rows(batch_id=row.id)
            summary = _count(file_format, unread)
            summary = replace(summary, batch_id=close_batch(row, summary=summary))
        _tell_refused(told, table, file_format)
        if request.dry_run:
            _tell_differences(told)
            transaction.set_rollback(True)
    return summary


def _stage(table: OpenTable, file_format: CustomerFormat, told: Listener) -> int:
    """Copy the readable rows into the staging table; returns how many are not."""
    staging, unread = StagingTable(), 0
    for raw in watched_rows(table, told):
        refusals = [wrong] if (wrong := wrong_shape(raw, len(table.header))) else []
        if not refusals:
            cells = dict(zip(table.header, raw.cells, strict=False))
            try:
                staging.add(raw.line, raw.cells, parse_row(file_format.to_native(cells)))
            except WrongCells as error:
                refusals = [
                    Refusal(raw.line, _shown(table, file_format, column), value, wrong.code, wrong.reason)
                    for column, value, wrong in error.wrong
                ]
        if refusals:
            unread += 1
            told.refused(RefusedRow(raw.line, raw.cells, refusals))
    staging.finish()
    return unread


def _shown(table: OpenTable, file_format: CustomerFormat, column: str) -> str:
    source = file_format.source_of(column, table.header)
    return dict(zip(table.header, table.original_header, strict=True)).get(source, column)


def _count(file_format: CustomerFormat, unread: int) -> Summary:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT)
        created, updated, unchanged, skipped, refused, unreadable, without = cursor.fetchone()
    counts = (
        ("new customers whose password hash cannot be read here: they choose a new password", unreadable),
        ("new customers without a password hash: they choose a password", without),
    )
    return Summary(
        format=file_format.name,
        created=created,
        updated=updated,
        unchanged=unchanged,
        skipped=skipped,
        refused=refused + unread,
        counts=tuple((told, rows) for told, rows in counts if rows),
    )


def _tell_refused(told: Listener, table: OpenTable, file_format: CustomerFormat) -> None:
    columns = "r.line, r.cells, r.refusal_column, r.refusal_value, r.refusal_code, r.refusal_reason"
    for found in chain.from_iterable(read_blocks(columns, "r.refusal_code IS NOT NULL")):
        _, line, cells, column, value, code, reason = found
        shown = _shown(table, file_format, column) if column else ""
        told.refused(RefusedRow(line, cells, [Refusal(line, shown, value, code, reason)]))


def _tell_differences(told: Listener) -> None:
    columns = "r.line, r.action, r.email, r.changes"
    for block in read_blocks(columns, "r.action IN ('create', 'update')", table="import_customer"):
        for _, line, action, email, changes in block:
            told.differs(Change(line, action, "customer", email, changes))
    columns = "r.line, r.address_action, r.email, r.address_line1"
    wanted = "r.address_action IN ('create', 'update') AND r.refusal_code IS NULL"
    for block in read_blocks(columns, wanted):
        for _, line, action, email, first_line in block:
            told.differs(Change(line, action, "address", f"{email}, {first_line}", {}))
