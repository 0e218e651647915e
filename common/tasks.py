"""Scheduled work of the leaf: the outbox relay, mails, and the end of old rows."""

import structlog
from celery import shared_task

from common import idempotency, integrity, mail, mail_delivery, outbox

logger = structlog.stdlib.get_logger(__name__)


@shared_task
def relay_outbox() -> None:
    """Deliver what the outbox holds; runs each second and may run twice at once."""
    outbox.relay()


@shared_task
def drop_expired_idempotency_keys() -> None:
    """Forget keys older than their 24 hours."""
    idempotency.drop_expired()


@shared_task
def send_due_mails() -> None:
    """Send the mails that are due; runs every few seconds and may run many times at once."""
    mail_delivery.send_due_mails()


@shared_task
def drop_old_mails() -> None:
    """Forget mails that were sent long ago."""
    mail.drop_old()


@shared_task
def prove_the_books() -> None:
    """Run every invariant and log each breach as an error, for whoever watches the logs."""
    for result in integrity.run_checks():
        for breach in result.breaches:
            logger.error("integrity_breach", check=result.name, breach=breach)
