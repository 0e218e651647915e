"""The pictures of a backup: all of them in a tar, or a list of their names and sizes."""

import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from django.core.files.base import File
from django.core.files.storage import default_storage

from common.backups.errors import BackupError
from common.backups.places import file_chunks


@dataclass
class Counted:
    """How many files went by."""

    files: int = 0


def listed(counted: Counted) -> Iterator[bytes]:
    """A line of JSON for each file: its name and bytes."""
    for name in _names(""):
        try:
            line = json.dumps({"name": name, "bytes": default_storage.size(name)})
        except FileNotFoundError:  # deleted meanwhile
            continue
        counted.files += 1
        yield f"{line}\n".encode()


def packed(counted: Counted) -> Iterator[bytes]:
    """A tar of the files, piece by piece; files never change under their name, so none is torn."""
    for name in _names(""):
        try:
            file = default_storage.open(name, "rb")
        except FileNotFoundError:
            continue
        with file:
            info = tarfile.TarInfo(name)
            info.size = file.size
            counted.files += 1
            yield info.tobuf(tarfile.PAX_FORMAT)
            yield from file_chunks(file)
            yield b"\0" * (-info.size % tarfile.BLOCKSIZE)
    yield b"\0" * (2 * tarfile.BLOCKSIZE)


def unpack(path: Path) -> int:
    """Store the files of a tar that the shop does not have; returns how many. Raises BackupError."""
    stored = 0
    with tarfile.open(path) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content is None or ".." in PurePosixPath(member.name).parts or member.name.startswith("/"):
                raise BackupError(f"The pictures' archive holds what is no picture: {member.name!r}.")
            if not default_storage.exists(member.name):
                default_storage.save(member.name, File(content, name=member.name))
                stored += 1
    return stored


def _names(folder: str) -> Iterator[str]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in sorted(files):
        yield f"{folder}/{name}" if folder else name
    for name in sorted(folders):
        yield from _names(f"{folder}/{name}" if folder else name)
