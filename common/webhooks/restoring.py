"""What a restored shop does with its webhooks: nothing goes out until staff say so."""

from django.utils import timezone

from common.backups.settling import Restored
from common.models import WebhookEndpoint


def pause_all(restored: Restored) -> str:
    """Pause every endpoint: its receiver has heard of a later shop, and has to be told first."""
    reason = f"The shop was restored to {restored.taken_at:%Y-%m-%d %H:%M} UTC; its receiver has heard of later events."
    calling = WebhookEndpoint.objects.filter(is_active=True, paused_at=None)
    count = calling.update(paused_at=timezone.now(), paused_reason=reason)
    return f"{count} webhooks are paused: resume each once its receiver may be told again"
