"""One step of an import job: the check, which is a dry run, or the import itself."""

import gzip
import zlib
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.utils import timezone

from common.imports.batches import run_import
from common.imports.errors import FileRefused
from common.imports.jobs import files
from common.imports.jobs.findings import Findings
from common.imports.jobs.progress import Progress
from common.imports.listening import ImportRequest, Mode, Summary
from common.models import ImportJob

_CHUNK_BYTES = 1 << 20
_GZIP = b"\x1f\x8b"


def run_step(job: ImportJob, progress: Progress) -> dict[str, Any]:
    """Check or import the job's file within the caller's transaction; returns the columns of the job's next status.

    Raises FileRefused, StorageFull, and FileNotFoundError where the file is gone from storage.
    """
    is_check = job.status == ImportJob.Status.CHECKING
    with ExitStack() as stack:
        names = [job.stored_file, *filter(None, [job.stored_images])]
        path, *images = stack.enter_context(files.local_copies(*names))
        folder = stack.enter_context(TemporaryDirectory(prefix="job-"))
        _check_unpacked_size(path)
        findings = Findings(folder=Path(folder), stack=stack.enter_context(ExitStack()))
        request = ImportRequest(
            path=path,
            format_name=job.format,
            mode=Mode(job.mode),
            dry_run=is_check,
            encoding=job.encoding or None,
            images=images[0] if images else None,
            actor=job.confirmed_by,
            file_name=job.file_name,
        )
        try:
            summary = run_import(subject=job.subject, request=request, listener=findings.listener(progress))
        except FileRefused as error:
            raise FileRefused(error.detail.replace(str(path), job.file_name)) from error
        findings.close()
        stored_refused = findings.keep(job, with_changes=is_check)
    return {**_counts(summary), "format": summary.format, "stored_refused": stored_refused, **_next(summary, is_check)}


def _next(summary: Summary, is_check: bool) -> dict[str, Any]:
    if is_check:
        return {"status": ImportJob.Status.CHECKED}
    return {"status": ImportJob.Status.DONE, "batch_id": summary.batch_id, "finished_at": timezone.now()}


def _counts(summary: Summary) -> dict[str, int]:
    return {
        "created_count": summary.created,
        "updated_count": summary.updated,
        "unchanged_count": summary.unchanged,
        "skipped_count": summary.skipped,
        "refused_count": summary.refused,
        "stock_differs_count": summary.stock_differs,
    }


def _check_unpacked_size(path: Path) -> None:
    """Refuse a file that swells beyond its bound before anything of it is staged."""
    with path.open("rb") as raw:
        if raw.read(2) != _GZIP:
            return
    unpacked = 0
    try:
        with gzip.open(path, "rb") as content:
            while chunk := content.read(_CHUNK_BYTES):
                unpacked += len(chunk)
                if unpacked > settings.IMPORT_UNPACKED_MAX_BYTES:
                    raise FileRefused(f"The file has more than {settings.IMPORT_UNPACKED_MAX_BYTES:,} bytes unpacked.")
    except (OSError, EOFError, zlib.error) as error:
        raise FileRefused(f"The file is not sound gzip: {error}") from error
