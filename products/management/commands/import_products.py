"""`manage.py import_products`: brings a catalogue file into the shop; docs/import.md is its manual."""

import csv
import sys
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from common.errors import StorageFull, StorageUnavailable
from products.imports.checking import Mode
from products.imports.errors import FileRefused, RefusedRow
from products.imports.formats.native import ERROR_COLUMN
from products.imports.formats.registry import AUTO, FORMATS
from products.imports.service import Change, Listener, Summary, run_import
from products.management.actors import add_actor_argument, find_actor

EXIT_SOME_ROWS_REFUSED = 2
PICTURES_HELP = "where pictures are, if not beside FILE; other shops' exports need it, as their pictures are addresses"


class Command(BaseCommand):
    requires_system_checks = ()  # they would load the web's half of the project: time and memory for nothing
    help = (
        "Import products from a CSV file: the shop's own export, Shopify's or WooCommerce's. "
        "Exit status: 0 all taken, 1 file refused, 2 some rows refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV file, gzipped or not")
        parser.add_argument("--format", choices=[AUTO, *FORMATS], default=AUTO, help="default: told by the header")
        parser.add_argument("--dry-run", action="store_true", help="print the difference row by row, write nothing")
        parser.add_argument("--mode", choices=[each.value for each in Mode], default=Mode.UPSERT.value)
        parser.add_argument("--errors", type=Path, metavar="OUT.csv", help="write refused rows here, to be mended")
        parser.add_argument("--encoding", help="default: told by the file itself")
        parser.add_argument("--images", type=Path, metavar="DIR|ZIP", help=PICTURES_HELP)
        add_actor_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        errors: Path | None = options["errors"]
        if errors and errors.exists() and options["file"].exists() and errors.samefile(options["file"]):
            raise CommandError("nothing imported: --errors names the very file that is read")
        with ExitStack() as stack:
            try:
                report = stack.enter_context(_Report(self, errors))
                summary = run_import(
                    path=options["file"],
                    format_name=options["format"],
                    mode=Mode(options["mode"]),
                    dry_run=options["dry_run"],
                    encoding=options["encoding"],
                    images=options["images"],
                    listener=report.listener(),
                    actor=find_actor(options["actor"]),
                )
            except FileRefused as error:
                raise CommandError(f"nothing imported: {error.detail}") from error
            except StorageFull as error:
                raise CommandError("nothing imported: there is no room for the pictures") from error
            except StorageUnavailable as error:
                raise CommandError(f"nothing imported: {error.detail}") from error
        if summary.batch_id:
            self.stdout.write(f"batch {summary.batch_id}; to undo it: manage.py import_undo {summary.batch_id}")
        self.stdout.write(_line(summary, dry_run=options["dry_run"]))
        if summary.refused:
            sys.exit(EXIT_SOME_ROWS_REFUSED)


class _Report:
    """Writes what the import tells: refused rows to stderr and the errors file, differences to stdout, a bar."""

    def __init__(self, command: BaseCommand, errors: Path | None) -> None:
        self._command = command
        self._errors = errors
        self._stack = ExitStack()
        self._bar: tqdm[Any] | None = None
        self._writer: Any = None
        self._header: list[str] = []

    def __enter__(self) -> Self:
        self._bar = self._stack.enter_context(
            tqdm(unit="B", unit_scale=True, disable=None, leave=False, file=sys.stderr, desc="reading")
        )
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def listener(self) -> Listener:
        return Listener(opened=self._opened, read=self._read, refused=self._refused, differs=self._differs)

    def _opened(self, header: list[str]) -> None:
        self._header = header
        if self._errors is None:
            return
        try:
            # Bytes that could not be decoded go out as they came in.
            file = self._errors.open("w", encoding="utf-8", errors="surrogateescape", newline="")
        except OSError as error:
            raise FileRefused(f"{self._errors}: {error.strerror}") from error
        self._writer = csv.writer(self._stack.enter_context(file))
        self._writer.writerow([ERROR_COLUMN, *self._without_error(header)])

    def _read(self, done: int, whole: int) -> None:
        if self._bar is not None:
            self._bar.total = whole
            self._bar.update(done - self._bar.n)

    def _refused(self, row: RefusedRow) -> None:
        for refusal in row.refusals:
            self._say(str(refusal).encode("utf-8", "backslashreplace").decode(), self._command.stderr)
        if self._writer is not None:
            reasons = "; ".join(f"{each.column or 'row'}: {each.reason} [{each.code}]" for each in row.refusals)
            self._writer.writerow([reasons, *self._without_error(row.cells)])

    def _differs(self, change: Change) -> None:
        values = "; ".join(f"{column}: {_short(now)} -> {_short(new)}" for column, (now, new) in change.values.items())
        if change.action == "stock_differs":
            values += " (left as it is)"
        self._say(
            f"line {change.line}: {change.action} {change.kind} {change.sku} {values}".rstrip(), self._command.stdout
        )

    def _without_error(self, cells: list[str]) -> list[str]:
        names = [name.strip().casefold() for name in self._header]
        if ERROR_COLUMN not in names:
            return cells
        place = names.index(ERROR_COLUMN)
        return [*cells[:place], *cells[place + 1 :]]

    def _say(self, text: str, stream: Any) -> None:
        with tqdm.external_write_mode(file=sys.stderr):
            stream.write(text)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _line(summary: Summary, *, dry_run: bool) -> str:
    parts = [
        f"{summary.created} created",
        f"{summary.updated} updated",
        f"{summary.unchanged} unchanged",
        f"{summary.refused} refused",
    ]
    if summary.skipped:
        parts.append(f"{summary.skipped} skipped")
    told = f"{summary.changed} changed: {', '.join(parts)}"
    if summary.stock_differs:
        told += f"; {summary.stock_differs} state another stock than the shop has, which was left as it is"
    return f"dry run, nothing written; would be {told}" if dry_run else told
