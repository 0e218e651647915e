"""Makes the renditions of pictures' files, one after the other: claimed in a short transaction, made outside of any.

The rows of `PictureFile` are the orders, so nothing is lost with the broker or a worker. A worker that dies leaves its
file for another, some minutes later; a file that keeps killing workers is given up.
"""

import time
from collections.abc import Callable
from datetime import timedelta

import structlog
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from common.errors import InvalidInput, StorageUnavailable
from common.failpoints import failpoint
from common.locking import lock_rows
from products.models import PictureFile, Product
from products.services.images import store_picture
from products.services.rendering import Rendered, render

logger = structlog.stdlib.get_logger(__name__)

MOST_ATTEMPTS = 5
RUN_SECONDS = 8.0  # less than the pause between two runs, so that one worker process is busy with it at a time
_WAITING = PictureFile.State.WAITING


class StorageOut(Exception):
    """Storage takes or gives no files at present: not the file's fault."""


def make_due_renditions(*, seconds: float = RUN_SECONDS, told: Callable[[], object] = lambda: None) -> int:
    """Make what is due until the time is up; returns how many files were dealt with. May run many times at once."""
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end and (file := _claim()) is not None:
        failpoint("renditions.after_claim")
        try:
            _make(file)
        except StorageOut:
            break
        count += 1
        told()
    return count


def order_again(*, failed_only: bool = False) -> int:
    """Have the renditions of all files, or of the failed ones, made anew; until then the old ones show."""
    files = PictureFile.objects.exclude(state=_WAITING)
    if failed_only:
        files = files.filter(state=PictureFile.State.FAILED)
    return files.update(state=_WAITING, attempts=0, error="", next_attempt_at=timezone.now())


@transaction.atomic
def _claim() -> PictureFile | None:
    """The next file that is due, counted as attempted and put off until a retry would be due; or None."""
    due = PictureFile.objects.filter(state=_WAITING, next_attempt_at__lte=timezone.now())
    file = due.order_by("next_attempt_at", "id").select_for_update(skip_locked=True).first()
    if file is not None:
        file.attempts += 1
        file.next_attempt_at = timezone.now() + timedelta(minutes=2**file.attempts)
        file.save(update_fields=["attempts", "next_attempt_at"])
    return file


def _make(file: PictureFile) -> None:
    if file.attempts > MOST_ATTEMPTS:
        _give_up(file, file.error or "the worker died each time")
        return
    try:
        with default_storage.open(file.name) as opened:
            rendered = render(opened.read())
        for rendition in rendered.renditions:
            store_picture(rendition.name, rendition.content)
    except InvalidInput as error:
        _give_up(file, error.detail)
    except StorageUnavailable as error:
        _put_back(file, error)
        raise StorageOut from error
    except Exception as error:
        logger.exception("renditions_failed", picture=file.name, attempts=file.attempts)
        _note_failure(file, error)
    else:
        failpoint("renditions.before_commit")
        _finish(file, rendered)


@transaction.atomic
def _finish(file: PictureFile, rendered: Rendered) -> None:
    """Show the renditions; locks the products that show the file by id, as their listings change."""
    lock_rows(Product.objects.filter(images__image=file.name).only("id"))
    PictureFile.objects.filter(id=file.id, state=_WAITING).update(
        state=PictureFile.State.READY,
        width=rendered.width,
        height=rendered.height,
        renditions=[
            {"name": each.name, "format": each.format, "width": each.width, "height": each.height}
            for each in rendered.renditions
        ],
        attempts=0,
        error="",
    )


def _give_up(file: PictureFile, reason: str) -> None:
    logger.warning("renditions_given_up", picture=file.name, reason=reason)
    PictureFile.objects.filter(id=file.id, state=_WAITING).update(state=PictureFile.State.FAILED, error=reason[:1000])


def _note_failure(file: PictureFile, error: Exception) -> None:
    reason = f"{type(error).__name__}: {error}"[:1000]
    if file.attempts >= MOST_ATTEMPTS:
        _give_up(file, reason)
    else:
        PictureFile.objects.filter(id=file.id).update(error=reason)


def _put_back(file: PictureFile, error: Exception) -> None:
    """Storage is out: the file waits a minute and has lost no attempt."""
    PictureFile.objects.filter(id=file.id).update(
        attempts=file.attempts - 1, error=str(error)[:1000], next_attempt_at=timezone.now() + timedelta(minutes=1)
    )
