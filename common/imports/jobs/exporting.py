"""The work of an export job: the subject's rows as CSV, into private storage."""

import csv
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.utils import timezone

from common.imports.errors import FileRefused
from common.imports.jobs import files
from common.imports.jobs.progress import Progress
from common.imports.subjects import find_subject
from common.models import ExportJob


def run_export(job: ExportJob, progress: Progress) -> dict[str, Any]:
    """Write the file and store it; returns the columns of the finished job. Raises StorageFull and FileRefused."""
    export = find_subject(job.subject).export
    if export is None:
        raise FileRefused(f"There is no export of {job.subject}.")
    written = -1  # the first row names the columns
    with TemporaryDirectory(prefix="job-") as folder:
        path = Path(folder) / "export.csv"
        with path.open("w", encoding="utf-8", newline="") as opened:
            writer = csv.writer(opened, lineterminator="\n")
            for row in export():
                writer.writerow(row)
                written += 1
                progress.tell(written, written)
        size = path.stat().st_size
        stored = files.keep(f"{files.new_folder(files.EXPORTS)}/export.csv", path)
    return {
        "status": ExportJob.Status.DONE,
        "stored_file": stored,
        "size": size,
        "row_count": max(written, 0),
        "finished_at": timezone.now(),
    }
