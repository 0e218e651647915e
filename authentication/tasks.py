"""Scheduled work of accounts: forgetting tokens that have expired."""

from celery import shared_task

from authentication.services import one_time, sessions


@shared_task
def drop_expired_tokens() -> None:
    """Delete refresh tokens and mailed links past their time; may run twice at once."""
    one_time.drop_expired()
    sessions.drop_expired()
