"""The commands that import and export: what they print, write beside, and answer as exit status."""

import csv
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any, ClassVar, Self

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from tqdm import tqdm

from common.errors import StorageFull, StorageUnavailable
from common.imports.batches import run_import
from common.imports.errors import FileRefused, RefusedRow
from common.imports.listening import AUTO, Change, ImportRequest, Listener, Mode, Summary
from common.imports.refused_files import RefusedFile
from common.imports.subjects import ImportOption, find_subject
from common.locking import is_taken
from common.management.actors import add_actor_argument, find_actor

EXIT_SOME_ROWS_REFUSED = 2
TAKEN = "waited too long for another import, an undo, or rows in use: run it again"
PICTURES_HELP = "where pictures are, if not beside FILE; other shops' exports need it, as their pictures are addresses"


class ImportCommand(BaseCommand):
    """`manage.py import_SUBJECT FILE`."""

    requires_system_checks = ()  # they would load the web's half of the project: time and memory for nothing
    subject_name: ClassVar[str]

    def add_arguments(self, parser: ArgumentParser) -> None:
        subject = find_subject(self.subject_name)
        parser.add_argument("file", type=Path, help="CSV file, gzipped or not")
        parser.add_argument("--format", choices=[AUTO, *subject.formats], default=AUTO, help="default: by the header")
        parser.add_argument("--dry-run", action="store_true", help="print the difference row by row, write nothing")
        parser.add_argument("--mode", choices=[each.value for each in Mode], default=Mode.UPSERT.value)
        parser.add_argument("--errors", type=Path, metavar="OUT.csv", help="write refused rows here, to be mended")
        parser.add_argument("--encoding", help="default: told by the file itself")
        if subject.takes_images:
            parser.add_argument("--images", type=Path, metavar="DIR|ZIP", help=PICTURES_HELP)
        for option in subject.options:
            _add_option(parser, option)
        add_actor_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        errors: Path | None = options["errors"]
        if errors and errors.exists() and options["file"].exists() and errors.samefile(options["file"]):
            raise CommandError("nothing imported: --errors names the very file that is read")
        request = ImportRequest(
            path=options["file"],
            format_name=options["format"],
            mode=Mode(options["mode"]),
            dry_run=options["dry_run"],
            encoding=options["encoding"],
            images=options.get("images"),
            actor=find_actor(options["actor"]),
            options={each.name: options[each.name] for each in find_subject(self.subject_name).options},
        )
        summary = self._import(request, errors)
        for rule, rows in summary.counts:
            self.stdout.write(f"{rows:>10,}  {rule}")
        if summary.batch_id:
            self.stdout.write(f"batch {summary.batch_id}; to undo it: manage.py import_undo {summary.batch_id}")
        if summary.note:
            self.stdout.write(summary.note)
        self.stdout.write(summary_line(summary, dry_run=request.dry_run))
        if summary.refused:
            sys.exit(EXIT_SOME_ROWS_REFUSED)

    def _import(self, request: ImportRequest, errors: Path | None) -> Summary:
        with ExitStack() as stack:
            try:
                report = stack.enter_context(_Report(self, errors))
                return run_import(subject=self.subject_name, request=request, listener=report.listener())
            except StorageFull as error:
                raise CommandError("nothing imported: there is no room for the pictures") from error
            except (FileRefused, StorageUnavailable) as error:
                raise CommandError(f"nothing imported: {error.detail}") from error
            except OperationalError as error:
                if not is_taken(error):
                    raise
                raise CommandError(TAKEN) from error


def _add_option(parser: ArgumentParser, option: ImportOption) -> None:
    name = f"--{option.name.replace('_', '-')}"
    if option.is_flag:
        parser.add_argument(name, dest=option.name, action="store_true", help=option.help)
    else:
        parser.add_argument(name, dest=option.name, metavar=option.metavar, default="", help=option.help)


class ExportCommand(BaseCommand):
    """`manage.py export_SUBJECT [FILE]`."""

    requires_system_checks = ()
    subject_name: ClassVar[str]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="default: standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path | None = options["file"]
        try:
            with path.open("w", encoding="utf-8", newline="") if path else nullcontext(self.stdout) as out:
                csv.writer(out, lineterminator="\n").writerows(self.rows(options))
        except OSError as error:
            raise CommandError(f"{path or 'standard output'}: {error.strerror}") from error

    def rows(self, options: dict[str, Any]) -> Iterator[Sequence[str]]:
        """Return what is to be written; a subject with options of its own says it with them."""
        export = find_subject(self.subject_name).export
        if export is None:
            raise CommandError(f"there is no export of {self.subject_name}")
        return export()


class _Report:
    """Writes what the import tells: refused rows to stderr and the errors file, differences to stdout, a bar."""

    def __init__(self, command: BaseCommand, errors: Path | None) -> None:
        self._command = command
        self._errors = errors
        self._stack = ExitStack()
        self._bar: tqdm[Any] | None = None
        self._refused_file: RefusedFile | None = None

    def __enter__(self) -> Self:
        self._bar = self._stack.enter_context(
            tqdm(unit="B", unit_scale=True, disable=None, leave=False, file=sys.stderr, desc="reading")
        )
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def listener(self) -> Listener:
        return Listener(
            opened=self._opened,
            read=self._read,
            merged=self._merged,
            refused=self._refused,
            differs=self._differs,
        )

    def _opened(self, header: list[str]) -> None:
        if self._errors is None:
            return
        try:
            # Bytes that could not be decoded go out as they came in.
            file = self._errors.open("w", encoding="utf-8", errors="surrogateescape", newline="")
        except OSError as error:
            raise FileRefused(f"{self._errors}: {error.strerror}") from error
        self._refused_file = RefusedFile(self._stack.enter_context(file), header)

    def _read(self, done: int, whole: int) -> None:
        self._show("reading", "B", done, whole)

    def _merged(self, done: int, whole: int) -> None:
        self._show("merging", " rows", done, whole)

    def _show(self, stage: str, unit: str, done: int, whole: int) -> None:
        if self._bar is None or self._bar.disable:
            return
        if (stage, whole) != (self._bar.desc.removesuffix(": "), self._bar.total):
            self._bar.unit = unit
            self._bar.set_description(stage, refresh=False)
            self._bar.reset(total=whole)
        self._bar.update(done - self._bar.n)

    def _refused(self, row: RefusedRow) -> None:
        for refusal in row.refusals:
            self._say(str(refusal).encode("utf-8", "backslashreplace").decode(), self._command.stderr)
        if self._refused_file is not None:
            self._refused_file.write(row)

    def _differs(self, change: Change) -> None:
        self._say(change_line(change), self._command.stdout)

    def _say(self, text: str, stream: Any) -> None:
        with tqdm.external_write_mode(file=sys.stderr):
            stream.write(text)


def change_line(change: Change) -> str:
    """One line for people: where, what, and each value as it is and as it would be."""
    values = "; ".join(f"{column}: {_short(now)} -> {_short(new)}" for column, (now, new) in change.values.items())
    if change.action == "stock_differs":
        values += " (left as it is)"
    return f"line {change.line}: {change.action} {change.kind} {change.label} {values}".rstrip()


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def summary_line(summary: Summary, *, dry_run: bool) -> str:
    """One line for people: the counts of what was, or would be, done."""
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
