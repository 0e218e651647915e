"""What staff do with endpoints: name them, change them, renew their secrets, let them go on, take them away."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from common.locking import lock_row
from common.models import WebhookDelivery, WebhookEndpoint
from common.remote_files import Limits, demand_public
from common.webhooks import signing

CHECK = Limits(most_bytes=0, connect_seconds=3.0)


def demand_public_address(url: str) -> None:
    """Raise NotFetched where nothing may be sent to the address. Asks the resolver: not within a transaction."""
    demand_public(url, limits=CHECK, schemes=settings.WEBHOOK_SCHEMES)


def add_endpoint(
    *, url: str, types: Sequence[str] = (), description: str = "", is_active: bool = True
) -> tuple[WebhookEndpoint, str]:
    """Make an endpoint, whose address was found public; returns it with its secret, which is shown this once."""
    secret = signing.make_secret()
    endpoint = WebhookEndpoint.objects.create(
        url=url, types=list(types), description=description, is_active=is_active, secret=signing.seal(secret)
    )
    return endpoint, secret


@transaction.atomic
def change_endpoint(*, endpoint_id: int, **fields: Any) -> WebhookEndpoint:
    """Change url, types, description or is_active; events that wait already go to the new address. Raises NotFound."""
    endpoint = lock_row(WebhookEndpoint.objects.filter(pk=endpoint_id))
    for name, value in fields.items():
        setattr(endpoint, name, value)
    endpoint.save(update_fields=[*fields, "updated_at"])
    return endpoint


@transaction.atomic
def remove_endpoint(*, endpoint_id: int) -> None:
    """Delete the endpoint with its deliveries. Raises NotFound."""
    lock_row(WebhookEndpoint.objects.filter(pk=endpoint_id)).delete()


@transaction.atomic
def rotate_secret(*, endpoint_id: int) -> tuple[WebhookEndpoint, str]:
    """Give the endpoint a new secret; the one before signs too for WEBHOOK_SECRET_OVERLAP_HOURS. Raises NotFound."""
    endpoint = lock_row(WebhookEndpoint.objects.filter(pk=endpoint_id))
    secret = signing.make_secret()
    endpoint.former_secret = endpoint.secret
    endpoint.former_secret_until = timezone.now() + timedelta(hours=settings.WEBHOOK_SECRET_OVERLAP_HOURS)
    endpoint.secret = signing.seal(secret)
    endpoint.save(update_fields=["secret", "former_secret", "former_secret_until", "updated_at"])
    return endpoint, secret


@transaction.atomic
def resume_endpoint(*, endpoint_id: int) -> WebhookEndpoint:
    """Send again what waits, at once and with all attempts before it; nothing to do for one that is not held up.

    Raises NotFound.
    """
    endpoint = lock_row(WebhookEndpoint.objects.filter(pk=endpoint_id))
    endpoint.paused_at, endpoint.paused_reason = None, ""
    endpoint.failures, endpoint.resting_until = 0, None
    endpoint.save(update_fields=["paused_at", "paused_reason", "failures", "resting_until", "updated_at"])
    waiting = WebhookDelivery.objects.filter(endpoint=endpoint, done_at=None, sending_since=None)
    waiting.update(failures=0, next_attempt_at=timezone.now())
    return endpoint
