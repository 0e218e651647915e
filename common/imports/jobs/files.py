"""Files of jobs in the private part of storage: put there, read from there by path, and taken away."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any
from uuid import uuid4

from django.core.files import File
from django.core.files.storage import Storage, storages

IMPORTS = "imports"
EXPORTS = "exports"
_CHUNK_BYTES = 1 << 20


def private_storage() -> Storage:
    """Where files lie that nobody gets by address."""
    return storages["private"]


def new_folder(kind: str) -> str:
    """The name of a folder that no other job has, and nobody guesses."""
    return f"{kind}/{uuid4().hex}"


def keep(name: str, content: Path | File[Any]) -> str:
    """Store the content under the name; returns the name that it got. Raises StorageFull."""
    if isinstance(content, Path):
        with content.open("rb") as opened:
            return private_storage().save(name, File(opened))
    content.seek(0)
    return private_storage().save(name, content)


def sha256_of(content: File[Any]) -> str:
    """The SHA-256 of an upload, in hexadecimal."""
    digest = hashlib.sha256()
    for chunk in content.chunks(_CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


def open_stored(name: str) -> IO[Any]:
    """Open a stored file for reading; raises FileNotFoundError."""
    return private_storage().open(name, "rb")


@contextmanager
def local_copies(*names: str) -> Iterator[list[Path]]:
    """Make stored files readable by path, each in a temporary folder of its own, so that it has no neighbours.

    Storage on this machine is not copied. Raises FileNotFoundError.
    """
    with ExitStack() as stack:
        yield [_localised(name, Path(stack.enter_context(TemporaryDirectory(prefix="job-")))) for name in names]


def _localised(name: str, folder: Path) -> Path:
    path = folder / Path(name).name
    try:
        original = Path(private_storage().path(name))
    except NotImplementedError:
        with open_stored(name) as source, path.open("wb") as target:
            while chunk := source.read(_CHUNK_BYTES):
                target.write(chunk)
        return path
    if not original.is_file():
        raise FileNotFoundError(name)
    path.symlink_to(original)
    return path


def discard(*names: str) -> None:
    """Delete stored files; those that are gone already count as deleted."""
    for name in filter(None, names):
        private_storage().delete(name)


def folders(kind: str) -> list[str]:
    """The names of all folders of the kind."""
    try:
        found, _ = private_storage().listdir(kind)
    except FileNotFoundError:
        return []
    return [f"{kind}/{name}" for name in found]


def discard_folder(folder: str, *, untouched_since: datetime | None = None) -> None:
    """Delete the folder with all that is in it, unless something of it is newer than that."""
    if not folder:
        return
    storage = private_storage()
    try:
        _, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    stored = [f"{folder}/{name}" for name in names]
    if untouched_since and any(storage.get_modified_time(name) > untouched_since for name in stored):
        return
    discard(*stored)
    storage.delete(folder)
