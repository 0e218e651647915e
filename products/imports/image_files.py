"""Pictures that come with a file: found beside it, in a folder or in an archive, and checked before use."""

import hashlib
import io
import struct
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol, TypeVar

from PIL import Image

from common.errors import InvalidInput
from common.imports.errors import BadValue, FileRefused
from products.services.pictures import MOST_BYTES, MOST_PIXELS, clean_picture

MemberT = TypeVar("MemberT", zipfile.ZipInfo, tarfile.TarInfo)

# What Pillow raises for files that are not what they say, their EXIF included.
_BROKEN = (
    *(OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, struct.error, zlib.error),
    *(Image.DecompressionBombError, InvalidInput),
)
_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif"}


class ImageFiles(Protocol):
    """Somewhere to look a picture up by the name that the file gives it."""

    def read(self, name: str) -> bytes | None:
        """Return the picture's bytes, None where there is no such file; raises BadValue where it is too big."""


@dataclass(frozen=True)
class Folder:
    """Pictures in a folder; a name that leads out of it finds nothing."""

    path: Path

    def read(self, name: str) -> bytes | None:
        try:
            found = (self.path / name).resolve()
            if not found.is_relative_to(self.path.resolve()) or not found.is_file():
                return None
            _check_bytes(found.stat().st_size)
            return found.read_bytes()
        except (OSError, ValueError):  # a name that no file can have
            return None


class ZipArchive:
    """Pictures in a ZIP file."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._members = _without_top_folder({each.filename: each for each in archive.infolist() if not each.is_dir()})

    def read(self, name: str) -> bytes | None:
        member = self._members.get(name)
        if member is None:
            return None
        _check_bytes(member.file_size)
        try:
            return self._archive.read(member)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:  # damaged, or locked
            raise BadValue("image_unreadable", f"the archive does not give it out: {error}") from error


class TarArchive:
    """Pictures in a TAR file."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self._members = _without_top_folder({each.name: each for each in archive if each.isfile()})

    def read(self, name: str) -> bytes | None:
        member = self._members.get(name)
        if member is None:
            return None
        _check_bytes(member.size)
        opened = self._archive.extractfile(member)
        return opened.read() if opened else None


@contextmanager
def open_image_files(path: Path) -> Iterator[ImageFiles]:
    """Open a folder, a ZIP or a TAR file of pictures; raises FileRefused where it is none of them."""
    if path.is_dir():
        yield Folder(path)
        return
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as zipped:
                yield ZipArchive(zipped)
            return
        with tarfile.open(path) as archive:
            yield TarArchive(archive)
    except (OSError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise FileRefused(f"{path} is neither a folder nor a ZIP or TAR file of pictures") from error


def stored_name(content: bytes) -> str:
    """Return the name under which storage keeps this picture: it tells the content, so the same is kept once.

    Raises BadValue for what is no picture, cannot be decoded, or has too many pixels (checked before decoding).
    """
    try:
        image = _open(content)
        if image.width * image.height > MOST_PIXELS:
            raise BadValue("image_too_large", f"the picture has more than {MOST_PIXELS:,} pixels")
        image.load()
        if _carries_metadata(image):
            clean_picture(content)
    except _BROKEN as error:
        raise BadValue("image_unreadable", f"not a readable picture: {error}") from error
    digest = hashlib.sha256(content).hexdigest()
    return f"products/{digest[:2]}/{digest[2:26]}.{_EXTENSIONS[image.format or '']}"


def without_metadata(content: bytes) -> bytes:
    """Return the checked picture as it may be published: one that carries EXIF (a place, a camera) is encoded anew.

    Uploads are always encoded anew; operators' files are trusted and many, so the others stay as they are.
    """
    return clean_picture(content)[1] if _carries_metadata(_open(content)) else content


def _carries_metadata(image: Image.Image) -> bool:
    return image.format != "GIF" and bool(image.getexif() or "xmp" in image.info)


def _open(content: bytes) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(io.BytesIO(content), formats=list(_EXTENSIONS))


def _check_bytes(size: int) -> None:
    if size > MOST_BYTES:
        raise BadValue("image_too_large", f"the picture has more than {MOST_BYTES:,} bytes")


def _without_top_folder(members: dict[str, MemberT]) -> dict[str, MemberT]:
    """Archives are often packed with their folder around everything: the file's names do not repeat it."""
    tops = {PurePosixPath(name).parts[0] if "/" in name else "" for name in members}
    top = tops.pop() if len(tops) == 1 else ""
    return {name.removeprefix(f"{top}/") if top else name: member for name, member in members.items()}
