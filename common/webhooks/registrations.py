"""What webhooks contribute to the rest of the shop: their listener, their one event, and what must be true of them."""

from common.backups.settling import restore_steps
from common.feed import register_public
from common.registry import IntegrityCheck, PublicEvent, event_listeners, integrity_checks
from common.webhooks.fan_out import fan_out
from common.webhooks.restoring import pause_all

EVENTS = {"webhook.paused": PublicEvent("it failed too often; events wait until staff resume it", ("webhook_id",))}

CHECKS = {
    "common.webhooks_move": IntegrityCheck(
        "no event has been on its way to an endpoint that takes events for more than an hour",
        """
        SELECT d.id, d.endpoint_id, d.position, d.attempts, d.sending_since
        FROM common_webhookdelivery d JOIN common_webhookendpoint w ON w.id = d.endpoint_id
        WHERE d.done_at IS NULL AND d.sending_since < now() - interval '1 hour' AND w.is_active AND w.paused_at IS NULL
        """,
    ),
}


def register() -> None:
    """Called once, when the applications are ready."""
    event_listeners.register("webhooks", fan_out)
    restore_steps.register("webhooks", pause_all)
    register_public(EVENTS.items())
    for name, check in CHECKS.items():
        integrity_checks.register(name, check)
