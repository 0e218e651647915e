"""Imports a catalogue file: the one way in for commands, tasks and doors to come."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from functools import partial
from itertools import groupby
from operator import itemgetter

from django.db import connection, transaction

from common.failpoints import failpoint
from common.imports.batches import close_batch, open_batch
from common.imports.blocks import read_blocks
from common.imports.errors import PRODUCT_REFUSED, Refusal, RefusedRow
from common.imports.listening import Change, ImportRequest, Listener, Mode, Summary, watched_rows
from common.imports.reading import OpenTable, open_table
from common.locking import advisory_lock
from products.imports.batches import Batch
from products.imports.checking import check_rows
from products.imports.comparing import compare_rows
from products.imports.fingerprints import Fingerprints, digest
from products.imports.formats.format import Format
from products.imports.formats.registry import find_format
from products.imports.image_files import Folder, ImageFiles, open_image_files
from products.imports.merging import merge_rows
from products.imports.parsing import RowParser, RowsRefused
from products.imports.pictures import store_pictures
from products.imports.rows import Value
from products.imports.staging import stage_rows

OpenAgain = Callable[[], AbstractContextManager[OpenTable]]

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
# Of a new row, what staff know it by; `changes` is of what is there already.
_TOLD_OF_NEW = ("name", "price", "option_name", "option_value", "price_adjustment", "stock_quantity")
_NEW_VALUES = ", ".join(
    f"'{column}', CASE WHEN r.{column} IS NOT NULL THEN jsonb_build_array(NULL, r.{column}) END"
    for column in _TOLD_OF_NEW
)
_DIFFERENCE = f"""
CASE r.action WHEN 'create' THEN jsonb_strip_nulls(jsonb_build_object({_NEW_VALUES})) ELSE r.changes END
"""
_REFUSALS = """
SELECT line, kind, refusal_column, refusal_value, refusal_code, refusal_reason
FROM import_row WHERE refusal_code IS NOT NULL ORDER BY line, id
"""


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
        _wait_for_turn()
        known = Fingerprints(table, file_format, request.mode)
        open_again = partial(open_table, request.path, encoding=table.encoding)
        unread = _find_out(table, open_again, parser, known, request.mode, told)
        summary = _count(file_format, known, unread)
        if summary.changed and not request.dry_run:
            summary = _merge(request, parser, files, file_format, known, unread, told)
        _tell_refused(told, parser, open_again)
        if request.dry_run:
            _tell_differences(told)
            transaction.set_rollback(True)
        else:
            known.remember()
    return summary


def _wait_for_turn() -> None:
    """Run alone until the transaction ends, with room to join and sort a whole file's rows in the server's memory."""
    advisory_lock(LOCK)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")


def _image_files(request: ImportRequest, stack: ExitStack, *, remote: bool) -> ImageFiles | None:
    if request.images:
        return stack.enter_context(open_image_files(request.images))
    return None if remote else Folder(request.path.parent)


def _find_out(
    table: OpenTable, open_again: OpenAgain, parser: RowParser, known: Fingerprints, mode: Mode, told: Listener
) -> int:
    """Fill the staging table with what the file's rows would do, but for those known to do nothing.

    Returns how many rows cannot be read.
    """
    if known.are_used:
        with open_again() as same:
            known.recognise(watched_rows(same, told))
    unread = _stage(table, parser, known, told)
    check_rows(mode=mode)
    if known.are_in_doubt():
        known.forget()
        with open_again() as same:
            _stage(same, parser, known, Listener(read=told.read))  # it has told of the unreadable rows already
        check_rows(mode=mode)
    compare_rows(stated=parser.stated)
    failpoint("import.after_staging")
    return unread


def _stage(table: OpenTable, parser: RowParser, known: Fingerprints, told: Listener) -> int:
    """Copy the readable rows into the staging table; returns how many are not."""
    unread = 0

    def readable() -> Iterator[Mapping[str, Value]]:
        nonlocal unread
        for raws in parser.products(known.unknown(watched_rows(table, told))):
            try:
                rows = parser.parse(raws)
            except RowsRefused as refused:
                unread += len(refused.rows)
                for left_out in refused.rows:
                    told.refused(left_out)
                continue
            # The content of pictures is not told by the row.
            if known.are_used and not (rows[0].get("images") or rows[0].get("image_urls")):
                rows[0]["digest"] = digest(raws[0].cells)
            yield from rows

    stage_rows(readable(), from_database=parser.goes_by_product)
    return unread


def _count(file_format: Format, known: Fingerprints, unread: int) -> Summary:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT)
        created, updated, unchanged, skipped, refused, stock_differs = cursor.fetchone()
    return Summary(
        format=file_format.name,
        created=created,
        updated=updated,
        unchanged=unchanged + known.known_count,
        skipped=skipped,
        refused=refused + unread,
        stock_differs=stock_differs,
    )


def _merge(
    request: ImportRequest,
    parser: RowParser,
    files: ImageFiles | None,
    file_format: Format,
    known: Fingerprints,
    unread: int,
    told: Listener,
) -> Summary:
    batch = Batch(open_batch(subject=SUBJECT, request=request, format_name=file_format.name))
    if "images" in parser.stated:
        store_pictures(images=files)
    merge_rows(stated=parser.stated, batch=batch, tell=told.merged)
    summary = _count(file_format, known, unread)
    return replace(summary, batch_id=close_batch(batch.row, summary=summary))


def _tell_refused(told: Listener, parser: RowParser, open_again: OpenAgain) -> None:
    """Tell of the rows that were refused after they had been read; only where there are any is the file read again."""
    found = _refusals(parser)
    line, refusals = next(found, (None, []))
    if line is None:
        return
    with open_again() as same:
        for raw in same.rows:
            if raw.line == line:
                own = [each for each in refusals if each.code != PRODUCT_REFUSED]
                told.refused(RefusedRow(raw.line, raw.cells, own or refusals[:1]))
                line, refusals = next(found, (None, []))


def _refusals(parser: RowParser) -> Iterator[tuple[int | None, list[Refusal]]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(_REFUSALS)
        for line, of_line in groupby(cursor, key=itemgetter(0)):
            yield (
                line,
                [
                    Refusal(line, parser.column_in_file(column, is_variation=kind == "variation"), value, code, reason)
                    for _, kind, column, value, code, reason in of_line
                ],
            )


def _tell_differences(told: Listener) -> None:
    changed = f"{_ACCEPTED} AND r.action IN ('create', 'update')"
    for block in read_blocks(f"r.line, r.action, r.kind, r.sku, {_DIFFERENCE}", changed):
        for _, *change in block:
            told.differs(Change(*change))
    for block in read_blocks("r.line, r.kind, r.sku, r.stock_now, r.stock_quantity", _STOCK_DIFFERS):
        for _, line, kind, sku, now, wanted in block:
            told.differs(Change(line, "stock_differs", kind, sku, {"stock_quantity": [now, wanted]}))
