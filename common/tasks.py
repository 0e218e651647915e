"""Scheduled work of the leaf: the outbox relay and the end of old idempotency keys."""

from celery import shared_task

from common import idempotency, outbox


@shared_task
def relay_outbox() -> None:
    """Deliver what the outbox holds; runs each second and may run twice at once."""
    outbox.relay()


@shared_task
def drop_expired_idempotency_keys() -> None:
    """Forget keys older than their 24 hours."""
    idempotency.drop_expired()
