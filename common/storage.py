"""Files on this machine that appear under their name when they are complete, and not before."""

import contextlib
import errno
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage

from common.errors import StorageFull

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
PARTIAL = ".partial"


class WholeFileStorage(FileSystemStorage):
    """Writes beside the name and renames, so that neither a full disk nor a killed worker leaves half a file.

    A file that is saved under the name of another one takes its place, which is harmless for names that tell the
    content. Raises StorageFull where the disk is.
    """

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """The name as it is, taken or not."""
        return name

    def _save(self, name: str, content: File[bytes]) -> str:
        partial = f"{name}.{uuid4().hex}{PARTIAL}"
        try:
            super()._save(partial, content)  # type: ignore[misc]  # the stubs leave it out
            Path(self.path(partial)).replace(self.path(name))
        except OSError as error:
            with contextlib.suppress(OSError):
                Path(self.path(partial)).unlink(missing_ok=True)
            if error.errno in FULL:
                raise StorageFull from error
            raise
        return name


class PrivateFileStorage(WholeFileStorage):
    """Files that nobody gets by address, below PRIVATE_ROOT; only this account may read them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"location": settings.PRIVATE_ROOT, "file_permissions_mode": 0o600, **options})

    def url(self, name: str | None) -> str:
        raise ValueError("files of private storage have no address")
