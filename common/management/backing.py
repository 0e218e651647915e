"""What the commands of backups share: their refusals as one line, and an end by SIGTERM that cleans up."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError

from common.backups.errors import BackupError


@contextmanager
def refusing() -> Iterator[None]:
    """Turn a BackupError into the command's one line; exit code 1."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        yield
    except BackupError as error:
        raise CommandError(str(error)) from error
    finally:
        signal.signal(signal.SIGTERM, before)
