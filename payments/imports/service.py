"""Imports a file of orders: the one way in for commands, the admin and the API."""

from contextlib import ExitStack
from dataclasses import replace
from itertools import chain, groupby
from operator import itemgetter

from django.db import connection, transaction

from authentication.imports.accounts import add_missing_accounts
from common.failpoints import failpoint
from common.imports.batches import close_batch, open_batch
from common.imports.blocks import read_blocks
from common.imports.errors import FileRefused, Refusal, RefusedRow
from common.imports.listening import AUTO, Change, ImportRequest, Listener, Summary
from common.imports.reading import open_table
from common.locking import advisory_lock
from payments.imports.batches import Batch
from payments.imports.comparing import ORDER_REFUSED, compare_orders
from payments.imports.formats import OrderFormat, Staged
from payments.imports.merging import merge_orders
from payments.imports.native import NATIVE
from payments.imports.staging import create_tables, index_tables
from payments.imports.uci.staging import UCI
from products.imports.bare_products import add_missing_products

SUBJECT = "orders"
LOCK = "orders.import"
FORMATS = {each.name: each for each in (UCI, NATIVE)}

_COUNT = """
SELECT
    count(*) FILTER (WHERE action = 'create'),
    count(*) FILTER (WHERE action = 'update'),
    count(*) FILTER (WHERE action = 'unchanged'),
    count(*) FILTER (WHERE action = 'skip'),
    (SELECT count(*) FROM import_row WHERE refusal_code IS NOT NULL)
FROM import_order
"""


def run_import(request: ImportRequest, listener: Listener | None = None) -> Summary:
    """Bring a file of orders into the shop, in one transaction; a dry run finds out the same and writes nothing.

    Counts orders, and of the refused the rows of the file. Orders keep their dates, states and payments. Stock does not
    move, no mail goes out, no invoice is issued; days' sales are counted again. An order that this shop sold, or that
    somebody changed since it was imported, is never changed. What is changed is remembered as a batch. One import runs
    at a time. Locks the orders that change, by id. Raises FileRefused where the file as a whole cannot be taken.
    """
    told = listener or Listener()
    with ExitStack() as stack:
        table = stack.enter_context(open_table(request.path, encoding=request.encoding))
        file_format = find_format(table.header, name=request.format_name)
        told.opened(table.original_header)
        stack.enter_context(transaction.atomic())
        advisory_lock(LOCK)
        create_tables()
        staged = file_format.stage(table, told)
        index_tables()
        compare_orders(mode=request.mode)
        failpoint("import.after_staging")
        summary = _count(file_format, staged)
        if summary.changed and not request.dry_run:
            summary = _merge(request, file_format, staged)
        _tell_refused(told)
        if request.dry_run:
            _tell_differences(told)
            transaction.set_rollback(True)
    return summary


def find_format(header: list[str], *, name: str) -> OrderFormat:
    """Return the format of the name, or the one that the header tells; raises FileRefused where it does not fit."""
    candidates = FORMATS.values() if name == AUTO else [FORMATS[name]]
    for each in candidates:
        if set(each.required) <= set(header):
            return each
    needed = "; ".join(f"{each.name} needs {', '.join(each.required)}" for each in candidates)
    raise FileRefused(f"the header is of no known format: {needed}")


def _count(file_format: OrderFormat, staged: Staged) -> Summary:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT)
        created, updated, unchanged, skipped, refused = cursor.fetchone()
    return Summary(
        format=file_format.name,
        created=created,
        updated=updated,
        unchanged=unchanged,
        skipped=skipped,
        refused=refused + staged.unread,
        counts=tuple(staged.counts()),
    )


def _merge(request: ImportRequest, file_format: OrderFormat, staged: Staged) -> Summary:
    row = open_batch(subject=SUBJECT, request=request, format_name=file_format.name)
    if staged.makes_catalogue:
        add_missing_accounts(batch_id=row.id)
        add_missing_products(batch_id=row.id)
    merge_orders(batch=Batch(row))
    summary = _count(file_format, staged)
    return replace(summary, batch_id=close_batch(row, summary=summary))


def _tell_refused(told: Listener) -> None:
    columns = "r.line, r.cells, r.refusal_column, r.refusal_value, r.refusal_code, r.refusal_reason"
    found = chain.from_iterable(read_blocks(columns, "r.refusal_code IS NOT NULL"))
    for line, of_line in groupby(found, key=itemgetter(1)):
        rows = list(of_line)
        refusals = [Refusal(line, column, value, code, reason) for _, _, _, column, value, code, reason in rows]
        own = [each for each in refusals if each.code != ORDER_REFUSED]
        told.refused(RefusedRow(line, rows[0][2], own or refusals[:1]))


def _tell_differences(told: Listener) -> None:
    columns = "r.line, r.action, r.order_number, r.status, r.total::text"
    for block in read_blocks(columns, "r.action IN ('create', 'update')", table="import_order"):
        for _, line, action, number, status, total in block:
            told.differs(Change(line, action, "order", number, {"status": [None, status], "total": [None, total]}))
