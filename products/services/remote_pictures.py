"""Fetches the pictures that imports name by address: claimed in a short transaction, fetched outside of any, added.

The rows of `WantedPicture` are the orders, so nothing is lost with the broker or a worker; whoever dies in between
leaves them for another, some minutes later.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from common.errors import InvalidInput, StorageUnavailable
from common.failpoints import failpoint
from common.locking import lock_rows
from common.remote_files import Limits, NotFetched, fetch_file
from products.models import Product, ProductImage, WantedPicture
from products.services.images import MOST_IMAGES, keep_picture
from products.services.pictures import MOST_BYTES

logger = structlog.stdlib.get_logger(__name__)

MOST_ATTEMPTS = 6
RUN_SECONDS = 8.0  # less than the pause between two runs, so that one worker process is busy with it at a time
LIMITS = Limits(most_bytes=MOST_BYTES)
_WAITING = WantedPicture.State.WAITING


def fetch_due_pictures(*, seconds: float = RUN_SECONDS, told: Callable[[], object] = lambda: None) -> int:
    """Fetch what is due until the time is up; returns how many addresses were dealt with.

    May run many times at once; each run fetches `PICTURE_FETCHES` at a time.
    """
    end, count = time.monotonic() + seconds, 0
    with ThreadPoolExecutor(settings.PICTURE_FETCHES, thread_name_prefix="fetch-picture") as pool:
        while time.monotonic() < end and (wanted := _claim()):
            failpoint("fetching.after_claim")
            for picture, fetched in zip(wanted, pool.map(_fetch, wanted), strict=True):
                if not _deal_with(picture, fetched):
                    return count
                count += 1
                told()
    return count


def try_again(*, ids: Sequence[int] | None = None) -> int:
    """Have the failed ones, or those of them that are named, fetched after all; returns how many."""
    failed = WantedPicture.objects.filter(state=WantedPicture.State.FAILED)
    if ids is not None:
        failed = failed.filter(id__in=ids)
    return failed.update(state=_WAITING, attempts=0, error="", next_attempt_at=timezone.now())


@transaction.atomic
def _claim() -> list[WantedPicture]:
    """The next ones that are due, counted as tried and put off until a retry would be due."""
    due = WantedPicture.objects.filter(state=_WAITING, next_attempt_at__lte=timezone.now())
    rows = due.order_by("next_attempt_at", "id").select_for_update(skip_locked=True)
    claimed = list(rows[: settings.PICTURE_FETCHES])
    for wanted in claimed:
        wanted.attempts += 1
        wanted.next_attempt_at = timezone.now() + timedelta(minutes=2**wanted.attempts)
    WantedPicture.objects.bulk_update(claimed, ["attempts", "next_attempt_at"])
    return claimed


def _fetch(wanted: WantedPicture) -> bytes | NotFetched:
    """The picture's bytes, or why there are none; runs beside others, so it stays away from the database."""
    try:
        return fetch_file(url=wanted.url, limits=LIMITS)
    except NotFetched as error:
        return error


def _deal_with(wanted: WantedPicture, fetched: bytes | NotFetched) -> bool:
    """Add the picture or note why not; tells whether storage takes files at present."""
    if isinstance(fetched, NotFetched):
        _note_failure(wanted, f"{fetched.reason} [{fetched.code}]", is_final=fetched.is_final)
        return True
    try:
        name = keep_picture(fetched)
    except InvalidInput as error:
        _note_failure(wanted, error.detail, is_final=True)
    except StorageUnavailable as error:
        _put_back(wanted, error)
        return False
    else:
        failpoint("fetching.before_commit")
        _add(wanted, name)
    return True


@transaction.atomic
def _add(wanted: WantedPicture, name: str) -> None:
    """Give the product the picture, unless it has it, or the order was taken back meanwhile. Locks the product."""
    lock_rows(Product.objects.filter(id=wanted.product_id).only("id"))
    rows = lock_rows(WantedPicture.objects.filter(id=wanted.id, state=_WAITING))
    if not rows:
        return
    row, own = rows[0], ProductImage.objects.filter(product_id=wanted.product_id)
    if not own.filter(image=name).exists():
        if own.count() >= MOST_IMAGES:
            _note_failure(row, f"A product has at most {MOST_IMAGES} pictures.", is_final=True)
            return
        fields = {"image": name, "alt_text": row.alt_text, "order": row.place}
        row.picture_id = ProductImage.objects.create(product_id=row.product_id, **fields).id
    row.state, row.error, row.fetched_at = WantedPicture.State.DONE, "", timezone.now()
    row.save(update_fields=["state", "error", "picture_id", "fetched_at"])


def _note_failure(wanted: WantedPicture, reason: str, *, is_final: bool) -> None:
    is_over = is_final or wanted.attempts >= MOST_ATTEMPTS
    state = WantedPicture.State.FAILED if is_over else _WAITING
    WantedPicture.objects.filter(id=wanted.id, state=_WAITING).update(state=state, error=reason[:1000])
    logger.warning("picture_not_fetched", wanted_picture=wanted.id, reason=reason, given_up=is_over)


def _put_back(wanted: WantedPicture, error: Exception) -> None:
    """Storage is out: the address waits a minute and has lost no attempt."""
    WantedPicture.objects.filter(id=wanted.id).update(
        attempts=wanted.attempts - 1, error=str(error)[:1000], next_attempt_at=timezone.now() + timedelta(minutes=1)
    )
