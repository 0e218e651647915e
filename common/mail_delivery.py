"""The way out of queued mails: claimed in a short transaction, sent outside of any, marked as sent.

A worker that dies after the mail server took a mail and before the row says so sends it again minutes later; that is
the only way to get one twice, and both carry the same Message-ID.
"""

import hashlib
import time
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils import timezone

from common.failpoints import failpoint
from common.locking import advisory_lock
from common.mail import SECRET_MARK
from common.models import Mail
from common.registry import mail_secrets

logger = structlog.stdlib.get_logger(__name__)

MOST_ATTEMPTS = 10
LONGEST_PAUSE_MINUTES = 360
RUN_SECONDS = 60.0  # a run ends before the next ones pile up behind it
HOUR = timedelta(hours=1)


class NoLongerWanted(Exception):
    """What the mail's link was for is over."""


def send_due_mails() -> int:
    """Send what is due, one mail after the other; returns how many were sent. May run many times at once."""
    end, sent = time.monotonic() + RUN_SECONDS, 0
    while time.monotonic() < end and (mail := _claim()) is not None:
        failpoint("mail.after_claim")
        sent += _send(mail)
    return sent


def _claim() -> Mail | None:
    """The next due mail, counted as attempted and put off until a retry would be due, all committed; or None."""
    while True:
        with transaction.atomic():
            now = timezone.now()
            due = Mail.objects.filter(sent_at=None, given_up_at=None, next_attempt_at__lte=now)
            mail = due.order_by("next_attempt_at", "id").select_for_update(skip_locked=True).first()
            if mail is None:
                return None
            free_at = _recipient_is_free_at(mail, now)
            if free_at is None:
                _count_attempt(mail, now)
                return mail
            mail.next_attempt_at = free_at
            mail.save(update_fields=["next_attempt_at"])


def _count_attempt(mail: Mail, now: datetime) -> None:
    mail.attempts += 1
    mail.last_attempt_at = now
    mail.next_attempt_at = now + timedelta(minutes=min(2**mail.attempts, LONGEST_PAUSE_MINUTES))
    mail.save(update_fields=["attempts", "last_attempt_at", "next_attempt_at"])


def _recipient_is_free_at(mail: Mail, now: datetime) -> datetime | None:
    """When the recipient may get another mail; None is now. Locks the address, so that parallel runs count right."""
    limit = settings.MAILS_PER_RECIPIENT_PER_HOUR
    if mail.is_internal or not limit:
        return None
    advisory_lock(f"mail:{mail.recipient}")
    others = Mail.objects.filter(recipient=mail.recipient, last_attempt_at__gt=now - HOUR).exclude(pk=mail.pk)
    latest = list(others.order_by("-last_attempt_at").values_list("last_attempt_at", flat=True)[:limit])
    return latest[-1] + HOUR if len(latest) == limit and latest[-1] else None


def _send(mail: Mail) -> bool:
    try:
        _compose(mail).send()
    except Exception as error:
        logger.exception("mail_failed", mail_id=mail.pk, kind=mail.kind, attempts=mail.attempts)
        _note_failure(mail, error)
        return False
    failpoint("mail.after_send")
    Mail.objects.filter(pk=mail.pk).update(sent_at=timezone.now(), last_error="")
    return True


def _compose(mail: Mail) -> EmailMultiAlternatives:
    secret = _secret_of(mail)
    message = EmailMultiAlternatives(
        mail.subject,
        mail.text_body.replace(SECRET_MARK, secret),
        to=mail.recipient.split(", "),
        headers={"Message-ID": message_id(mail), "Auto-Submitted": "auto-generated"},
    )
    if mail.html_body:
        message.attach_alternative(mail.html_body.replace(SECRET_MARK, secret), "text/html")
    return message


def _secret_of(mail: Mail) -> str:
    if not mail.secret_name:
        return SECRET_MARK
    with transaction.atomic():
        secret = dict(mail_secrets)[mail.secret_name](mail.resource)
    if secret is None:
        raise NoLongerWanted("what the mail's link was for is over")
    return secret


def message_id(mail: Mail) -> str:
    """The row's own Message-ID, the same for every attempt."""
    _, _, domain = settings.DEFAULT_FROM_EMAIL.rstrip(">").rpartition("@")
    facts = f"{mail.pk} {mail.kind} {mail.resource} {mail.edition} {mail.created_at.isoformat()}"
    return f"<{mail.pk}.{hashlib.sha256(facts.encode()).hexdigest()[:20]}@{domain or 'localhost'}>"


def _note_failure(mail: Mail, error: Exception) -> None:
    is_over = mail.attempts >= MOST_ATTEMPTS or isinstance(error, NoLongerWanted) or _is_refused_for_good(error)
    Mail.objects.filter(pk=mail.pk).update(
        last_error=f"{type(error).__name__}: {error}"[:1000], given_up_at=timezone.now() if is_over else None
    )


def _is_refused_for_good(error: Exception) -> bool:
    """Whether the mail server said that there is no such recipient, and not only that it is busy."""
    return isinstance(error, SMTPRecipientsRefused) and all(code >= 500 for code, _ in error.recipients.values())
