"""Imports a file of categories: the one way in for commands, tasks and doors to come."""

from collections import Counter
from contextlib import ExitStack
from dataclasses import replace

from django.db import transaction

from common.imports.batches import close_batch, open_batch
from common.imports.errors import FileRefused
from common.imports.flat_files import read_header, read_rows
from common.imports.listening import Change, ImportRequest, Listener, Summary
from common.imports.reading import OpenTable, open_table
from common.locking import advisory_lock
from products.imports.categories.parsing import (
    COLUMNS,
    OTHER_NAMES,
    CategoryRow,
    check_columns,
    parse_category,
)
from products.imports.categories.planning import Plan
from products.imports.categories.writing import write_plan
from products.imports.image_files import Folder, ImageFiles, open_image_files
from products.models import Category
from products.services.categories import hold_tree, judge_moves_together

SUBJECT = "categories"
LOCK = "products.categories"
FORMAT = "native"
MOST_ROWS = 100_000  # the whole tree is planned in memory


def run_categories(request: ImportRequest, listener: Listener | None = None) -> Summary:
    """Bring a file of categories into the shop, in one transaction; a dry run finds out the same and writes nothing.

    Rows that cannot be taken are told to the listener and left out; rows that change nothing are not written. What is
    changed is remembered as a batch, which can be undone. Holds the tree, as all do who change it. Raises FileRefused
    where the file as a whole cannot be taken.
    """
    told = listener or Listener()
    with ExitStack() as stack:
        table = stack.enter_context(open_table(request.path, encoding=request.encoding))
        columns = read_header(table.header, known=COLUMNS, other_names=OTHER_NAMES)
        check_columns(columns)
        told.opened(table.original_header)
        opened = request.images and stack.enter_context(open_image_files(request.images))
        images: ImageFiles = opened or Folder(request.path.parent)
        rows = _read(table, columns, images, told)
        stack.enter_context(transaction.atomic())
        advisory_lock(LOCK)
        hold_tree()
        plan = Plan(Category.objects.order_by("pk"), rows, request.mode)
        summary = _count(plan)
        _tell(plan, told, is_dry=request.dry_run)
        if summary.changed and not request.dry_run:
            batch = open_batch(subject=SUBJECT, request=request, format_name=FORMAT)
            judge_moves_together()
            write_plan(plan, batch=batch, images=images)
            summary = replace(summary, batch_id=close_batch(batch, summary=summary))
    return summary


def _read(table: OpenTable, columns: list[str], images: ImageFiles, told: Listener) -> list[CategoryRow]:
    rows = []
    for row in read_rows(table, columns, told):
        rows.append(CategoryRow(row) if row.refusals else parse_category(row, images=images))
        if len(rows) > MOST_ROWS:
            raise FileRefused(f"a file has at most {MOST_ROWS} categories")
    return rows


def _count(plan: Plan) -> Summary:
    counts: Counter[str] = Counter()
    for node in plan.rows:
        if node.said and node.said.row.refusals:
            counts["refused"] += 1
        elif node.is_skipped:
            counts["skipped"] += 1
        elif node.category is None:
            counts["created"] += 1
        else:
            counts["updated" if node.changes else "unchanged"] += 1
    return Summary(
        format=FORMAT,
        created=counts["created"],
        updated=counts["updated"],
        unchanged=counts["unchanged"],
        skipped=counts["skipped"],
        refused=counts["refused"],
    )


def _tell(plan: Plan, told: Listener, *, is_dry: bool) -> None:
    for node in plan.rows:
        if node.said and node.said.row.refusals:
            told.refused(node.said.row.refused())
        elif is_dry and node.said and node.counts and node.changes:
            action = "update" if node.category else "create"
            told.differs(Change(node.said.row.line, action, "category", node.slug, node.changes))
