"""Where backups are: a folder, or a bucket of S3 and what speaks like it. A file appears there whole or not at all."""

import contextlib
import errno
import os
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Protocol

from common.backups.errors import BackupError

PARTIAL = ".partial"


class Readable(Protocol):
    """What can be read piece by piece."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""


class Place(Protocol):
    """Files by name."""

    address: str

    def names(self) -> list[str]:
        """The names of the whole files, sorted."""

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        """Store a file, in the place of one with that name; nothing is left where the chunks end by an error."""

    def read(self, name: str) -> bytes:
        """A small file's content; raises FileNotFoundError."""

    def local(self, name: str, folder: Path) -> Path:
        """The file's path on this machine, fetched into the folder where it is elsewhere; FileNotFoundError."""

    def delete(self, name: str) -> None:
        """Remove a file; one that is not there is removed already."""


def open_place(address: str) -> Place:
    """The place at `s3://bucket/prefix` or in a folder, which is made where it is missing; raises BackupError."""
    if not address:
        raise BackupError("There is no place for backups: give --to, or set BACKUP_TARGET.")
    if "://" in address:
        # Amazon's client is large, and most processes never need it.
        place: Place = import_module("common.backups.bucket").Bucket(address)
        return place
    return Folder(Path(address))


class Folder:
    """A folder of this machine, or one that is mounted on it."""

    def __init__(self, path: Path) -> None:
        self.address = str(path)
        self._path = path

    def names(self) -> list[str]:
        with folder_works(self.address):
            if not self._path.exists():
                return []
            return sorted(each.name for each in self._path.iterdir() if each.is_file() and each.suffix != PARTIAL)

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        with folder_works(self.address):
            self._path.mkdir(parents=True, exist_ok=True, mode=0o700)
            partial = self._path / f".{name}{PARTIAL}"
            try:
                with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                    for chunk in chunks:
                        file.write(chunk)
                    file.flush()
                    os.fsync(file.fileno())
                partial.replace(self._path / name)
            finally:
                partial.unlink(missing_ok=True)
            _sync_folder(self._path)

    def read(self, name: str) -> bytes:
        with folder_works(self.address):
            return (self._path / name).read_bytes()

    def local(self, name: str, folder: Path) -> Path:
        path = self._path / name
        if not path.is_file():
            raise FileNotFoundError(name)
        return path

    def delete(self, name: str) -> None:
        with folder_works(self.address):
            (self._path / name).unlink(missing_ok=True)


def file_chunks(file: Readable, size: int = 1_000_000) -> Iterator[bytes]:
    """What is left of a file, piece by piece."""
    while chunk := file.read(size):
        yield chunk


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def folder_works(address: str) -> Iterator[None]:
    """Turn what the file system refuses into BackupError; FileNotFoundError is for the caller."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise BackupError(f"There is no room in {address}: {error.strerror}.") from error
        raise BackupError(f"{address} cannot be used: {error.strerror or error}.") from error
