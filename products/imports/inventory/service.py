"""Imports a stock feed: the one way in for commands, tasks and doors to come."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace

from common.imports.batches import close_batch
from common.imports.errors import BadValue, FileRefused, Refusal, RefusedRow
from common.imports.flat_files import read_rows
from common.imports.listening import Change, ImportRequest, Listener, Mode, Summary
from common.imports.reading import OpenTable, open_table
from common.imports.subjects import ImportOption
from common.locking import session_lock
from products.imports.inventory.applying import Applied, FeedWriter
from products.imports.inventory.columns import FeedFormat, find_format
from products.imports.inventory.progress import Progress, open_progress
from products.imports.inventory.rows import FeedOptions, parse_line, parse_time
from products.imports.inventory.staging import StagedFeed, staged_feed

LOCK = "products.inventory"
OPTIONS = (
    ImportOption("set", "let a quantity without expected_quantity or counted_at replace the level", is_flag=True),
    ImportOption("counted_at", "when the quantities were true, for rows that do not say it", metavar="TIME"),
    ImportOption("feed_id", "name of a file of changes; default: its content", metavar="ID"),
    ImportOption("again", "count the changes of a file that was counted before once more", is_flag=True),
)
COUNTED_BEFORE = "its changes were booked by an earlier run and are not counted twice; --again counts them once more"


def run_feed(request: ImportRequest, listener: Listener | None = None) -> Summary:
    """Bring the levels of a file into the shop, block by block; a dry run finds out the same and writes nothing.

    Each row is applied whole or refused to the listener. A run that dies is run again to the same end: changes that
    were booked are remembered with them, and counts come to the same level again. What is changed is remembered as a
    batch. One feed runs at a time; another waits. Locks at most 500 levels at once, products by id, then variations
    by id. Raises FileRefused where the file as a whole cannot be taken.
    """
    told = listener or Listener()
    options = _options(request)
    with ExitStack() as stack:
        table = stack.enter_context(open_table(request.path, encoding=request.encoding))
        file_format = find_format(table.header, name=request.format_name)
        columns = file_format.columns(table.header)
        told.opened(table.original_header)
        stack.enter_context(session_lock(LOCK))
        staged = stack.enter_context(staged_feed())
        unread = _stage(staged, table, columns, file_format, options, told)
        staged.match(skips_unknown=request.mode == Mode.UPDATE, adds_up=file_format.adds_up, spoiled=list(unread))
        progress = open_progress(request) if staged.has_deltas() else Progress()
        writer = FeedWriter(request, format_name=file_format.name, progress=progress)
        names = dict(zip(columns, table.original_header, strict=True))
        run = _Run(staged, told, names, is_dry=request.dry_run)
        run.counts.update(refused=sum(unread.values()), skipped=staged.skipped_count())
        run.tell_refused()
        for block in staged.blocks():
            run.tell(writer.apply(block))
        if not request.dry_run:
            progress.finish()
        return run.summary(file_format.name, writer)


def _options(request: ImportRequest) -> FeedOptions:
    if request.mode == Mode.CREATE:
        raise FileRefused("a stock feed creates nothing: there is no --mode create")
    text = str(request.options.get("counted_at") or "")
    may_set = bool(request.options.get("set"))
    if text and may_set:
        raise FileRefused("say either --set or --counted-at")
    try:
        return FeedOptions(may_set=may_set, counted_at=parse_time(text) if text else None)
    except BadValue as error:
        raise FileRefused(f"--counted-at is {error.reason}") from error


def _stage(
    staged: StagedFeed,
    table: OpenTable,
    columns: Sequence[str],
    file_format: FeedFormat,
    options: FeedOptions,
    told: Listener,
) -> Counter[str]:
    """Stage the rows that can be read; tell the others and count them by their SKU."""
    unread: Counter[str] = Counter()
    for row in read_rows(table, columns, told):
        line = None if row.refusals else parse_line(row, file_format=file_format, options=options)
        if line is None:
            told.refused(row.refused())
            unread[row.text("sku")] += 1
        else:
            staged.add(row, line)
    return unread


class _Run:
    """Counts and tells what becomes of the rows."""

    def __init__(self, staged: StagedFeed, told: Listener, names: Mapping[str, str], *, is_dry: bool) -> None:
        self.counts: Counter[str] = Counter()
        self._staged = staged
        self._told = told
        self._names = names
        self._is_dry = is_dry
        self._counted_before = False

    def tell_refused(self) -> None:
        """Tell the rows that cannot be what they say, whatever the levels are."""
        for block in self._staged.refused_blocks():
            for row in block:
                self._refuse(row)

    def tell(self, results: Sequence[Applied]) -> None:
        """Count a block, tell its refused rows and, in a dry run, its differences."""
        for each in results:
            if each.outcome.code:
                self._tell_refusal(each)
            elif each.values:
                self.counts["updated"] += 1
                if self._is_dry:
                    self._told.differs(Change(each.row.line, "update", "stock", each.row.sku, dict(each.values)))
            elif each.was_counted:
                self._counted_before = True
                self.counts["skipped"] += 1
            else:
                self.counts["unchanged"] += 1

    def summary(self, format_name: str, writer: FeedWriter) -> Summary:
        """What was (in a dry run: would be) done; closes the batch."""
        summary = Summary(
            format=format_name,
            created=0,
            updated=self.counts["updated"],
            unchanged=self.counts["unchanged"],
            skipped=self.counts["skipped"],
            refused=self.counts["refused"],
            note=COUNTED_BEFORE if self._counted_before else "",
        )
        if writer.batch is None:
            return summary
        in_batch = replace(summary, updated=writer.batch.changes.count())  # runs that died before have their part
        return replace(summary, batch_id=close_batch(writer.batch, summary=in_batch))

    def _tell_refusal(self, refused: Applied) -> None:
        """Tell of the row, and of those that were added to it, each with its own cells."""
        wish, outcome = refused.row.wish, refused.outcome
        column = "quantity" if wish.quantity is not None else "delta"
        column = {"stock_changed": "expected_quantity", "unknown_sku": "sku"}.get(outcome.code, column)
        value = {"quantity": wish.quantity, "delta": wish.delta, "expected_quantity": wish.expected}.get(column)
        shown = refused.row.sku if column == "sku" else str(value)
        for line, cells in self._staged.rows_of(refused.row.id):
            refusal = Refusal(line, self._names.get(column, column), shown, outcome.code, outcome.reason)
            self._refuse(RefusedRow(line, cells, [refusal]))

    def _refuse(self, row: RefusedRow) -> None:
        self.counts["refused"] += 1
        self._told.refused(row)
