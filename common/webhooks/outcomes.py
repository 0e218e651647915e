"""What came of an attempt: taken, or to be tried again later, until the endpoint is paused and staff are told."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from common import outbox
from common.mail import tell_staff
from common.models import WebhookDelivery, WebhookEndpoint
from common.webhooks.claiming import PROBING_AFTER, Parcel

logger = structlog.stdlib.get_logger(__name__)

FIRST_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 3_600.0


@dataclass(frozen=True)
class Outcome:
    """The status of the answer, if there was one, and what was wrong, if anything was."""

    status: int | None
    error: str = ""


def record(parcel: Parcel, outcome: Outcome) -> None:
    """Note the outcome, unless another sender took over or the event was asked for again meanwhile."""
    if outcome.error:
        _record_failure(parcel, outcome)
    else:
        _record_success(parcel, outcome)


@transaction.atomic
def _record_success(parcel: Parcel, outcome: Outcome) -> None:
    failing = WebhookEndpoint.objects.filter(pk=parcel.endpoint_id, failures__gt=0)
    failing.update(failures=0, resting_until=None)
    now = timezone.now()
    _still_ours(parcel).update(
        done_at=now, sending_since=None, last_attempt_at=now, last_status=outcome.status, last_error=""
    )


@transaction.atomic
def _record_failure(parcel: Parcel, outcome: Outcome) -> None:
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=parcel.endpoint_id).first()
    delivery = _still_ours(parcel).select_for_update(no_key=True).first() if endpoint else None
    if endpoint is None or delivery is None:
        return
    now = timezone.now()
    delivery.failures += 1
    delivery.next_attempt_at = now + pause(delivery.failures)
    delivery.sending_since, delivery.last_attempt_at = None, now
    delivery.last_status, delivery.last_error = outcome.status, outcome.error[:300]
    delivery.save()
    endpoint.failures += 1
    if endpoint.failures >= PROBING_AFTER:
        endpoint.resting_until = now + pause(endpoint.failures - PROBING_AFTER + 1)
    _pause_if_need_be(endpoint, delivery, now)
    endpoint.save()


def pause(failures: int) -> timedelta:
    """How long to wait after so many failures: twice as long each time, give or take half."""
    longest = min(FIRST_PAUSE_SECONDS * 2 ** min(failures - 1, 30), LONGEST_PAUSE_SECONDS)
    return timedelta(seconds=longest * random.uniform(0.5, 1.5))


def _still_ours(parcel: Parcel) -> QuerySet[WebhookDelivery]:
    ours = WebhookDelivery.objects.filter(pk=parcel.delivery_id, attempts=parcel.attempts)
    return ours.filter(done_at=None, sending_since__isnull=False)


def _pause_if_need_be(endpoint: WebhookEndpoint, delivery: WebhookDelivery, now: datetime) -> None:
    if endpoint.paused_at is not None:
        return
    if delivery.failures >= settings.WEBHOOK_PAUSE_AFTER:
        reason = f"event {delivery.position} failed {delivery.failures} times: {delivery.last_error}"
    elif endpoint.failures >= settings.WEBHOOK_PAUSE_AFTER:
        reason = f"{endpoint.failures} attempts in a row failed: {delivery.last_error}"
    else:
        return
    endpoint.paused_at, endpoint.paused_reason = now, reason[:300]
    logger.error("webhook_paused", endpoint_id=endpoint.pk, reason=endpoint.paused_reason)
    outbox.emit("webhook.paused", resource=f"webhook:{endpoint.pk}", webhook_id=endpoint.pk)
    tell_staff(
        kind="webhook_paused",
        resource=f"webhook:{endpoint.pk}:{now.isoformat()}",
        template="common/webhook_paused",
        context={"endpoint": endpoint, "reason": endpoint.paused_reason},
    )
