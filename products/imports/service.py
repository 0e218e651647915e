"""Imports a catalogue file: the one way in for commands, tasks and doors to come."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain, groupby
from operator import itemgetter

from django.db import connection, transaction

from common.failpoints import failpoint
from common.imports.batches import close_batch, open_batch
from common.imports.blocks import read_blocks
from common.imports.errors import PRODUCT_REFUSED, Refusal, RefusedRow
from common.imports.listening import Change, ImportRequest, Listener, Summary
from common.imports.reading import OpenTable, RawRow, open_table
from common.locking import advisory_lock
from products.imports.batches import Batch
from products.imports.checking import check_rows
from products.imports.comparing import compare_rows
from products.imports.formats.format import Format
from products.imports.formats.registry import find_format
from products.imports.image_files import Folder, ImageFiles, open_image_files
from products.imports.merging import merge_rows
from products.imports.parsing import RowParser, RowsRefused
from products.imports.staging import StagingTable

SUBJECT = "products"
LOCK = "products.import"

_ACCEPTED = "r.refusal_code IS NULL"
_STOCK_DIFFERS = """
    r.refusal_code IS NULL AND r.action IN ('update', 'unchanged') AND r.stock_quantity <> r.stock_now
    AND r.stock_is_assumed IS NOT TRUE
    AND (r.kind = 'variation' OR NOT EXISTS (
        SELECT 1 FROM products_productvariation v WHERE v.product_id = r.target_id
    ))
"""
_COUNT = f"""
SELECT
    count(*) FILTER (WHERE {_ACCEPTED} AND r.action = 'create'),
    count(*) FILTER (WHERE {_ACCEPTED} AND r.action = 'update'),
    count(*) FILTER (WHERE {_ACCEPTED} AND r.action = 'unchanged'),
    count(*) FILTER (WHERE {_ACCEPTED} AND r.action = 'skip'),
    count(DISTINCT r.line) FILTER (WHERE NOT {_ACCEPTED}),
    count(*) FILTER (WHERE {_STOCK_DIFFERS})
FROM import_row r
"""  # noqa: S608 - of the constants above


def run_import(request: ImportRequest, listener: Listener | None = None) -> Summary:
    """Bring a catalogue file into the shop, in one transaction; a dry run finds out the same and writes nothing.

    Pictures are looked up in the request's `images`, else beside the file. Wrong rows are told to the listener and
    left out; rows that change nothing are not written. Stock is booked for new rows only, as a movement. What is
    changed is remembered as a batch, which can be undone. One import runs at a time; another waits.
    Locks products by id, then variations by id. Raises FileRefused where the file as a whole cannot be taken.
    """
    told = listener or Listener()
    with ExitStack() as stack:
        table = stack.enter_context(open_table(request.path, encoding=request.encoding))
        file_format = find_format(table.header, name=request.format_name)
        told.opened(table.original_header)
        files = _image_files(request, stack, remote=file_format.images_may_be_missing)
        parser = RowParser(table=table, file_format=file_format, images=files)
        stack.enter_context(transaction.atomic())
        advisory_lock(LOCK)
        unread = _stage(table, parser, told)
        check_rows(mode=request.mode)
        compare_rows(stated=parser.stated)
        failpoint("import.after_staging")
        summary = _count(file_format, unread)
        if summary.changed and not request.dry_run:
            summary = _merge(request, parser, files, file_format, unread)
        _tell_refused(told, parser)
        if request.dry_run:
            _tell_differences(told)
            transaction.set_rollback(True)
    return summary


def _image_files(request: ImportRequest, stack: ExitStack, *, remote: bool) -> ImageFiles | None:
    if request.images:
        return stack.enter_context(open_image_files(request.images))
    return None if remote else Folder(request.path.parent)


def _stage(table: OpenTable, parser: RowParser, told: Listener) -> int:
    """Copy the readable rows into the staging table; returns how many are not."""
    staging, unread = StagingTable(), 0
    for raws in parser.products(_watched(table, told)):
        try:
            for row in parser.parse(raws):
                staging.add(row)
        except RowsRefused as refused:
            unread += len(refused.rows)
            for left_out in refused.rows:
                told.refused(left_out)
    staging.finish()
    told.read(table.size, table.size)
    return unread


def _watched(table: OpenTable, told: Listener) -> Iterator[RawRow]:
    for place, raw in enumerate(table.rows):
        yield raw
        if place % 100 == 0:
            told.read(table.position(), table.size)


def _count(file_format: Format, unread: int) -> Summary:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT)
        created, updated, unchanged, skipped, refused, stock_differs = cursor.fetchone()
    return Summary(
        format=file_format.name,
        created=created,
        updated=updated,
        unchanged=unchanged,
        skipped=skipped,
        refused=refused + unread,
        stock_differs=stock_differs,
    )


def _merge(
    request: ImportRequest, parser: RowParser, files: ImageFiles | None, file_format: Format, unread: int
) -> Summary:
    batch = Batch(open_batch(subject=SUBJECT, request=request, format_name=file_format.name))
    merge_rows(stated=parser.stated, images=files, batch=batch)
    summary = _count(file_format, unread)
    return replace(summary, batch_id=close_batch(batch.row, summary=summary))


def _tell_refused(told: Listener, parser: RowParser) -> None:
    columns = "r.line, r.cells, r.kind, r.refusal_column, r.refusal_value, r.refusal_code, r.refusal_reason"
    found = chain.from_iterable(read_blocks(columns, "r.refusal_code IS NOT NULL"))
    for line, of_line in groupby(found, key=itemgetter(1)):
        rows = list(of_line)
        refusals = [
            Refusal(line, parser.column_in_file(column, is_variation=kind == "variation"), value, code, reason)
            for _, _, _, kind, column, value, code, reason in rows
        ]
        own = [each for each in refusals if each.code != PRODUCT_REFUSED]
        told.refused(RefusedRow(line, rows[0][2], own or refusals[:1]))


def _tell_differences(told: Listener) -> None:
    changed = f"{_ACCEPTED} AND r.action IN ('create', 'update')"
    for block in read_blocks("r.line, r.action, r.kind, r.sku, r.changes", changed):
        for _, *change in block:
            told.differs(Change(*change))
    for block in read_blocks("r.line, r.kind, r.sku, r.stock_now, r.stock_quantity", _STOCK_DIFFERS):
        for _, line, kind, sku, now, wanted in block:
            told.differs(Change(line, "stock_differs", kind, sku, {"stock_quantity": [now, wanted]}))
