"""The way out: claims in short transactions, posts from threads outside of any, records what came of each.

A sender that dies after an endpoint took an event and before the row says so has it sent again once the lease is over:
every event arrives at least once, and receivers tell by its id that they have it.
"""

import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from common.failpoints import failpoint
from common.models import WebhookDelivery
from common.remote_files import Limits, NotFetched, post
from common.webhooks import signing
from common.webhooks.claiming import Parcel, claim
from common.webhooks.outcomes import Outcome, record

RUN_SECONDS = 20.0
LOOK_AGAIN_SECONDS = 0.5  # for what became due, while a slow endpoint takes its time
ROWS_PER_STATEMENT = 10_000


def send_due(*, seconds: float = RUN_SECONDS) -> int:
    """Send what is due until nothing is or the time is up; returns how many attempts were made.

    May run many times at once; each run posts `WEBHOOK_PARALLEL` at a time.
    """
    end, count = time.monotonic() + seconds, 0
    sending: dict[Future[Outcome], Parcel] = {}
    with ThreadPoolExecutor(settings.WEBHOOK_PARALLEL, thread_name_prefix="webhook") as pool:
        while True:
            if time.monotonic() < end and (free := settings.WEBHOOK_PARALLEL - len(sending)):
                sending |= {pool.submit(attempt, parcel): parcel for parcel in _claimed(free)}
            if not sending:
                return count
            done, _ = wait(sending, timeout=LOOK_AGAIN_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                failpoint("delivery.after_send")
                record(sending.pop(future), future.result())
                count += 1


def _claimed(most: int) -> list[Parcel]:
    parcels = claim(most=most)
    if parcels:
        failpoint("delivery.after_claim")
    return parcels


def attempt(parcel: Parcel) -> Outcome:
    """Post the event once; runs beside others, so it stays away from the database."""
    if not parcel.secrets:
        return Outcome(None, "its secret cannot be read since SECRET_KEY changed; renew it")
    seconds = settings.WEBHOOK_TIMEOUT_SECONDS
    limits = Limits(most_bytes=0, connect_seconds=min(5.0, seconds), read_seconds=seconds, total_seconds=seconds)
    try:
        status = post(
            url=parcel.url,
            body=parcel.body,
            headers=headers_of(parcel, int(time.time())),
            limits=limits,
            schemes=settings.WEBHOOK_SCHEMES,
        )
    except NotFetched as error:
        return Outcome(None, error.reason)
    return Outcome(status, "" if 200 <= status < 300 else f"the server answers {status}")


def headers_of(parcel: Parcel, timestamp: int) -> dict[str, str]:
    """What goes with the body; while a secret is being renewed, a signature by each of the two."""
    signatures = (signing.signature(secret=each, timestamp=timestamp, body=parcel.body) for each in parcel.secrets)
    return {
        "Content-Type": "application/json",
        "Webhook-Id": str(parcel.event_id),
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": " ".join(signatures),
    }


def drop_old() -> int:
    """Delete deliveries WEBHOOK_RETENTION_DAYS after they were done, and as old ones that nobody may send.

    What is dropped unsent stands in the feed still, and can be had by delivering again. Returns how many.
    """
    limit = timezone.now() - timedelta(days=settings.WEBHOOK_RETENTION_DAYS)
    held_up = Q(endpoint__is_active=False) | Q(endpoint__paused_at__lt=limit)
    over = Q(done_at__lt=limit) | (Q(done_at=None, event__created_at__lt=limit) & held_up)
    dropped = 0
    while ids := list(
        WebhookDelivery.objects.filter(over).order_by("id").values_list("id", flat=True)[:ROWS_PER_STATEMENT]
    ):
        dropped += WebhookDelivery.objects.filter(id__in=ids).delete()[0]
    return dropped
