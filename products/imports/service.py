"""Imports a catalogue file: the one way in for commands, tasks and doors to come."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from authentication.models import User
from common.failpoints import failpoint
from common.locking import advisory_lock
from products.imports.batches import Batch, Source
from products.imports.blocks import read_blocks
from products.imports.checking import Mode, check_rows
from products.imports.comparing import compare_rows
from products.imports.errors import PRODUCT_REFUSED, Refusal, RefusedRow
from products.imports.formats.format import Format
from products.imports.formats.registry import AUTO, find_format
from products.imports.image_files import Folder, ImageFiles, open_image_files
from products.imports.merging import merge_rows
from products.imports.parsing import RowParser, RowsRefused
from products.imports.pictures import store_pictures
from products.imports.reading import OpenTable, RawRow, open_table
from products.imports.staging import StagingTable

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


@dataclass(frozen=True)
class Change:
    """What a row of the file does: `create`, `update`, or `stock_differs` (told, never done)."""

    line: int
    action: str
    kind: str
    sku: str
    values: dict[str, Any]  # column to [now, wanted]


@dataclass
class Listener:
    """Whom an import tells what it finds, as it goes; every part may be left out."""

    opened: Callable[[list[str]], None] = lambda header: None
    read: Callable[[int, int], None] = lambda bytes_done, bytes_in_all: None
    refused: Callable[[RefusedRow], None] = lambda row: None
    differs: Callable[[Change], None] = lambda change: None


@dataclass(frozen=True)
class Summary:
    """Counts of products and variations, and of refused rows of the file: what was (in a dry run: would be) done."""

    format: str
    created: int
    updated: int
    unchanged: int
    skipped: int
    refused: int
    stock_differs: int
    batch_id: int | None = None  # by which it can be undone; none where nothing was changed

    @property
    def changed(self) -> int:
        """Rows that made a difference."""
        return self.created + self.updated


def run_import(
    *,
    path: Path,
    format_name: str = AUTO,
    mode: Mode = Mode.UPSERT,
    dry_run: bool = False,
    encoding: str | None = None,
    images: Path | None = None,
    listener: Listener | None = None,
    actor: User | None = None,
) -> Summary:
    """Bring a catalogue file into the shop, in one transaction; a dry run finds out the same and writes nothing.

    Pictures are looked up in `images` (a folder, ZIP or TAR), else beside the file. Wrong rows are told to the
    listener and left out; rows that change nothing are not written. Stock is booked for new rows only, as a
    movement. What is changed is remembered as a batch, which can be undone. One import runs at a time; another waits.
    Locks products by id, then variations by id. Raises FileRefused where the file as a whole cannot be taken.
    """
    told = listener or Listener()
    with ExitStack() as stack:
        table = stack.enter_context(open_table(path, encoding=encoding))
        file_format = find_format(table.header, name=format_name)
        told.opened(table.original_header)
        files = _image_files(path, images, stack, remote=file_format.images_may_be_missing)
        parser = RowParser(table=table, file_format=file_format, images=files)
        stack.enter_context(transaction.atomic())
        advisory_lock("products.import")
        unread = _stage(table, parser, told)
        check_rows(mode=mode)
        compare_rows(stated=parser.stated)
        failpoint("import.after_staging")
        summary = _count(file_format)
        if summary.changed and not dry_run:
            source = Source(path.name, file_format.name, mode, actor)
            summary = _merge(parser, files, source, file_format, unread)
        _tell_refused(told, parser)
        if dry_run:
            _tell_differences(told)
            transaction.set_rollback(True)
    return replace(summary, refused=summary.refused + unread)


def _image_files(path: Path, images: Path | None, stack: ExitStack, *, remote: bool) -> ImageFiles | None:
    if images:
        return stack.enter_context(open_image_files(images))
    return None if remote else Folder(path.parent)


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


def _count(file_format: Format) -> Summary:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT)
        created, updated, unchanged, skipped, refused, stock_differs = cursor.fetchone()
    return Summary(
        format=file_format.name,
        created=created,
        updated=updated,
        unchanged=unchanged,
        skipped=skipped,
        refused=refused,
        stock_differs=stock_differs,
    )


def _merge(parser: RowParser, files: ImageFiles | None, source: Source, file_format: Format, unread: int) -> Summary:
    batch = Batch(source)
    if "images" in parser.stated:
        store_pictures(images=files)
    merge_rows(stated=parser.stated, batch=batch)
    summary = _count(file_format)
    counts = {
        "created_count": summary.created,
        "updated_count": summary.updated,
        "unchanged_count": summary.unchanged,
        "skipped_count": summary.skipped,
        "refused_count": summary.refused + unread,
    }
    return replace(summary, batch_id=batch.close(counts=counts))


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
