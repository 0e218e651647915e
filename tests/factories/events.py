"""Events that have their places in the feed already."""

from django.utils import timezone

from common.models import OutboxEvent, WebhookDelivery, WebhookEndpoint
from common.webhooks import endpoints


def placed_event(*, position: int, resource: str = "order:1", name: str = "order.placed") -> OutboxEvent:
    """An event as the relay leaves it."""
    return OutboxEvent.objects.create(
        name=name, resource=resource, payload={"order_id": 1}, position=position, relayed_at=timezone.now()
    )


def endpoint_with_deliveries(**columns: object) -> WebhookEndpoint:
    """An endpoint with a delivery of every event that has its place; `columns` are the deliveries'."""
    endpoint, _ = endpoints.add_endpoint(url="https://hooks.example/")
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(
            endpoint=endpoint, event=event, position=event.position or 0, resource=event.resource, **columns
        )
        for event in OutboxEvent.objects.filter(position__isnull=False).order_by("position")
    )
    return endpoint
