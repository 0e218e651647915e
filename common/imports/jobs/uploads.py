"""Takes uploads in as jobs: bounded, looked at from outside, stored in private, and left for a worker to check."""

import gzip
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any

from django.conf import settings
from django.core.files import File
from django.utils import timezone

from common.errors import InvalidInput
from common.imports.errors import FileRefused
from common.imports.jobs import files
from common.imports.jobs.errors import UploadTooLarge
from common.imports.listening import AUTO, Mode
from common.imports.subjects import ImportSubject, find_subject
from common.models import ImportJob

MOST_ARCHIVE_MEMBERS = 100_000
_START_BYTES = 4096
_GZIP = b"\x1f\x8b"
# What people send instead of the CSV that they meant, by the bytes that such files begin with.
_OTHER_TYPES = {
    b"PK\x03\x04": "a ZIP file or an Excel workbook: save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save the sheet as CSV",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
    b"BZh": "compressed by bzip2: use gzip",
    b"\xfd7zXZ": "compressed by xz: use gzip",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"<!DOCTYPE": "a web page",
    b"<html": "a web page",
}


@dataclass(frozen=True)
class Upload:
    """What was sent, and how it is to be read; `confirmed` asks for the import without a check before it."""

    subject: str
    file: File[Any]
    format_name: str = AUTO
    mode: Mode = Mode.UPSERT
    encoding: str = ""
    images: File[Any] | None = None
    confirmed: bool = False


def receive_import(*, upload: Upload, actor: Any) -> ImportJob:
    """Store the files and make the job, which a worker finds by itself; files first, so no job lacks its own.

    Raises UploadTooLarge, FileRefused for what is visibly no table or no archive of pictures, InvalidInput for a
    format that the subject has not, NotFound for an unknown subject and StorageFull.
    """
    subject = find_subject(upload.subject)
    _check_request(upload, subject)
    _check_table(upload.file)
    folder = files.new_folder(files.IMPORTS)
    suffix = "csv.gz" if _starts(upload.file).startswith(_GZIP) else "csv"
    stored_images = files.keep(f"{folder}/images.zip", upload.images) if upload.images else ""
    now = timezone.now()
    return ImportJob.objects.create(
        subject=upload.subject,
        format=upload.format_name,
        mode=upload.mode.value,
        encoding=upload.encoding,
        file_name=shown_name(upload.file.name or ""),
        sha256=files.sha256_of(upload.file),
        size=upload.file.size or 0,
        stored_file=files.keep(f"{folder}/file.{suffix}", upload.file),
        stored_images=stored_images,
        actor=actor,
        status=ImportJob.Status.CONFIRMED if upload.confirmed else ImportJob.Status.UPLOADED,
        confirmed_at=now if upload.confirmed else None,
        confirmed_by=actor if upload.confirmed else None,
        next_attempt_at=now,
    )


def shown_name(name: str) -> str:
    """The name without folders, whatever system it comes from, and without what no terminal or page should show."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(letter for letter in last if letter.isprintable())[:255] or "file.csv"


def _check_request(upload: Upload, subject: ImportSubject) -> None:
    if upload.format_name not in {AUTO, *subject.formats}:
        raise InvalidInput.of("format", "invalid_choice", f"Not a format of {upload.subject}.")
    if (upload.file.size or 0) > settings.IMPORT_MAX_BYTES:
        raise UploadTooLarge(f"The file has more than {settings.IMPORT_MAX_BYTES:,} bytes.")
    if upload.images is None:
        return
    if not subject.takes_images:
        raise InvalidInput.of("images", "invalid", f"There are no pictures of {upload.subject}.")
    if (upload.images.size or 0) > settings.IMPORT_IMAGES_MAX_BYTES:
        raise UploadTooLarge(f"The pictures have more than {settings.IMPORT_IMAGES_MAX_BYTES:,} bytes.")
    _check_archive(upload.images)


def _starts(file: File[Any]) -> bytes:
    file.seek(0)
    start: bytes = file.read(_START_BYTES)
    return start


def _check_table(file: File[Any]) -> None:
    start = _starts(file)
    if start.startswith(_GZIP):
        start = _unzipped_start(file)
    if not start.strip():
        raise FileRefused("The file is empty.")
    for beginning, what in _OTHER_TYPES.items():
        if start.startswith(beginning):
            raise FileRefused(f"The file is {what}.")


def _unzipped_start(file: File[Any]) -> bytes:
    file.seek(0)
    try:
        with gzip.open(file) as content:
            start: bytes = content.read(_START_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise FileRefused(f"The file is not sound gzip: {error}") from error
    return start


def _check_archive(images: File[Any]) -> None:
    """Hold an archive to its bounds by its directory; nothing is ever unpacked to disk, names only look things up."""
    images.seek(0)
    opened: IO[bytes] = images
    try:
        with zipfile.ZipFile(opened) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FileRefused("The pictures are not a sound ZIP file.") from error
    if len(members) > MOST_ARCHIVE_MEMBERS:
        raise FileRefused(f"The ZIP of pictures has more than {MOST_ARCHIVE_MEMBERS:,} members.")
    if sum(member.file_size for member in members) > settings.IMPORT_UNPACKED_MAX_BYTES:
        raise FileRefused(f"The pictures have more than {settings.IMPORT_UNPACKED_MAX_BYTES:,} bytes unpacked.")
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or any(":" in part for part in path.parts[:1]):
            raise FileRefused(f"A name in the ZIP of pictures leads out of it: {member.filename[:100]!r}.")
