"""Opens what a job has made, for those who were let in."""

from typing import IO, Any

from common.errors import NotFound
from common.imports.jobs import files
from common.models import ExportJob, ImportJob


def open_refused(job: ImportJob) -> IO[Any]:
    """The CSV of refused rows; raises NotFound where no row was refused."""
    return _open(job.stored_refused)


def open_export(job: ExportJob) -> IO[Any]:
    """The exported CSV; raises NotFound as long as it is not there."""
    return _open(job.stored_file)


def _open(name: str) -> IO[Any]:
    if not name:
        raise NotFound
    try:
        return files.open_stored(name)
    except FileNotFoundError as error:
        raise NotFound from error
