"""Scheduled work of accounts: forgetting tokens that have expired."""

from celery import shared_task

from authentication.services import one_time, sessions, sign_in_limits


@shared_task
def drop_expired_tokens() -> None:
    """Delete refresh tokens, mailed links and places of signing in past their time; may run twice at once."""
    one_time.drop_expired()
    sessions.drop_expired()
    sign_in_limits.drop_old_places()
