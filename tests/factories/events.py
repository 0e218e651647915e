"""Events that have their places in the feed already."""

from django.utils import timezone

from common.models import OutboxEvent


def placed_event(*, position: int, resource: str = "order:1", name: str = "order.placed") -> OutboxEvent:
    """An event as the relay leaves it."""
    return OutboxEvent.objects.create(
        name=name, resource=resource, payload={"order_id": 1}, position=position, relayed_at=timezone.now()
    )
