"""Keeps what an import tells: the first rows of the difference and of the refusals as rows, all refused ones as CSV."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common.imports.errors import RefusedRow
from common.imports.jobs import files
from common.imports.jobs.progress import Progress
from common.imports.listening import Change, Listener
from common.imports.refused_files import RefusedFile
from common.models import ImportJob, ImportJobChange, ImportJobRefusal

MOST_ROWS_KEPT = 10_000
LONGEST_VALUE = 200
_BATCH_ROWS = 1_000


@dataclass
class Findings:
    """What one run told; long values are cut, so that memory stays bounded whatever the file holds."""

    folder: Path
    stack: ExitStack
    changes: list[Change] = field(default_factory=list)
    refusals: list[ImportJobRefusal] = field(default_factory=list)
    refused_path: Path | None = None
    _header: list[str] = field(default_factory=list)
    _refused_file: RefusedFile | None = None

    def listener(self, progress: Progress) -> Listener:
        """What tells it, and the progress."""
        return Listener(opened=self._opened, read=progress.tell, refused=self._refused, differs=self._differs)

    def _opened(self, header: list[str]) -> None:
        self._header = header

    def _refused(self, row: RefusedRow) -> None:
        if self._refused_file is None:
            self.refused_path = self.folder / "refused.csv"
            # Bytes that could not be decoded go out as they came in.
            opened = self.refused_path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
            self._refused_file = RefusedFile(self.stack.enter_context(opened), self._header)
        self._refused_file.write(row)
        for each in row.refusals:
            if len(self.refusals) < MOST_ROWS_KEPT:
                self.refusals.append(
                    ImportJobRefusal(
                        position=len(self.refusals) + 1,
                        line=each.line,
                        column=printable(each.column),
                        value=printable(each.value),
                        code=each.code,
                        reason=printable(each.reason),
                    )
                )

    def _differs(self, change: Change) -> None:
        if len(self.changes) < MOST_ROWS_KEPT:
            values = {name: [shortened(each) for each in pair] for name, pair in change.values.items()}
            self.changes.append(Change(change.line, change.action, change.kind, printable(change.label), values))

    def close(self) -> None:
        """End the CSV of refused rows; nothing more is told."""
        self.stack.close()

    def keep(self, job: ImportJob, *, with_changes: bool) -> str:
        """Write the rows in the place of an earlier run's, within the caller's transaction; returns the CSV's name."""
        if with_changes:
            ImportJobChange.objects.filter(job=job).delete()
            ImportJobChange.objects.bulk_create(
                (ImportJobChange(job=job, position=place, **vars(each)) for place, each in enumerate(self.changes, 1)),
                batch_size=_BATCH_ROWS,
            )
        ImportJobRefusal.objects.filter(job=job).delete()
        for each in self.refusals:
            each.job = job
        ImportJobRefusal.objects.bulk_create(self.refusals, batch_size=_BATCH_ROWS)
        if self.refused_path is None:
            return ""
        folder = job.stored_file.rpartition("/")[0]
        return files.keep(f"{folder}/refused-{job.status}-{job.attempts}.csv", self.refused_path)


def shortened(value: Any) -> Any:
    """A value as pages show it: long texts cut, lists and what is in them too."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list):
        return [shortened(each) for each in value[:50]]
    return value


def printable(text: str) -> str:
    """Text that the database takes: cut where long, without NULs, bytes that are no text as question marks."""
    clean = text.replace("\x00", "").encode(errors="replace").decode()
    return clean if len(clean) <= LONGEST_VALUE else f"{clean[: LONGEST_VALUE - 1]}…"
