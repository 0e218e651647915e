"""`manage.py import_undo`: puts back what an import changed; docs/import.md is its manual."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from common.imports.batches import undo_batch
from common.imports.errors import UndoRefused
from common.imports.listening import Undone, UndoSummary
from common.locking import is_taken
from common.management.actors import add_actor_argument, find_actor
from common.management.importing import TAKEN

EXIT_SOME_LEFT = 2
_WORDS = {
    ("created", "put_back"): "removed",
    ("created", "left"): "left",
    ("updated", "put_back"): "put back",
    ("updated", "partly"): "put back in part",
    ("updated", "left"): "left",
}
# What these hold are keys, which tell nobody anything.
_NAMED_ONLY = ("categories", "images", "image_urls")


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Undo an import. Exit status: 0 all put back, 1 nothing done, 2 some left as it is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "batch", type=int, help="number of the batch, as import_products and import_batches tell it"
        )
        parser.add_argument("--dry-run", action="store_true", help="print row by row what would be done, write nothing")
        add_actor_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            summary = undo_batch(
                batch_id=options["batch"],
                dry_run=options["dry_run"],
                actor=find_actor(options["actor"]),
                listener=lambda change: self.stdout.write(_change_line(change)),
            )
        except UndoRefused as error:
            raise CommandError(f"nothing undone: {error.detail}") from error
        except OperationalError as error:
            if not is_taken(error):
                raise
            raise CommandError(TAKEN) from error
        self.stdout.write(_summary_line(summary, dry_run=options["dry_run"]))
        if summary.left:
            sys.exit(EXIT_SOME_LEFT)


def _change_line(change: Undone) -> str:
    where = f"line {change.line}: " if change.line else ""
    values = ", ".join(
        column if column in _NAMED_ONLY else f"{column}: {_short(now)} -> {_short(back)}"
        for column, (now, back) in sorted(change.values.items())
    )
    parts = [f"{where}{_WORDS[change.action, change.outcome]} {change.kind} {change.label}", values]
    reason = f" ({change.reason})" if change.reason else ""
    return " ".join(part for part in parts if part) + reason


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _summary_line(summary: UndoSummary, *, dry_run: bool) -> str:
    told = f"{summary.put_back} put back, {summary.left} left"
    return f"dry run, nothing written; would be {told}" if dry_run else told
