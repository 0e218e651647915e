"""Outgoing mail as rows: queued with what it tells of, sent by a task, sent again when staff ask.

Queueing renders and writes a row and touches no network; `common.mail_delivery` has the way out.
docs/mails-and-invoices.md says what is promised.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, Q
from django.template.loader import render_to_string
from django.utils import timezone

from common.errors import DomainError
from common.locking import lock_row
from common.models import Mail

# Stands in the bodies for the secret of a link, which is made when the mail is sent and kept nowhere.
SECRET_MARK = "[link-secret]"  # noqa: S105 - not a secret, but the place of one
# Why a mail was given up that is not known to be wanted after a restore.
HELD = "held: it tells of what was due before the shop was restored from a backup"
_holding: ContextVar[bool] = ContextVar("mails_are_held", default=False)


class MailNotSent(DomainError):
    code = "mail_not_sent"
    title = "The mail is on its way for the first time; it can be sent again afterwards"


def queue_mail(
    *,
    kind: str,
    resource: str,
    recipient: str,
    template: str,
    context: Mapping[str, Any],
    secret_name: str = "",
    is_internal: bool = False,
) -> None:
    """Have the mail sent, once per kind and resource, however often it is asked for.

    `template` names two files: `.txt`, whose first line is the subject, and `.html`. `secret_name` is the entry of
    `common.registry.mail_secrets` that makes the secret for SECRET_MARK. Belongs to a transaction of the caller's
    (RuntimeError elsewhere): the mail must tell of what is true.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("mails are queued in the transaction that knows what they tell of")
    facts = {"shop": settings.SHOP_NAME, "shop_url": settings.STOREFRONT_URL, **context}
    subject, _, text = render_to_string(f"{template}.txt", facts).strip().partition("\n")
    mail = Mail(
        kind=kind,
        resource=resource,
        recipient=recipient,
        is_internal=is_internal,
        subject=" ".join(subject.split())[:255],
        text_body=text.strip() + "\n",
        html_body=render_to_string(f"{template}.html", facts),
        secret_name=secret_name,
        next_attempt_at=timezone.now(),
        given_up_at=timezone.now() if _holding.get() else None,
        last_error=HELD if _holding.get() else "",
    )
    Mail.objects.bulk_create([mail], ignore_conflicts=True)


@contextmanager
def held() -> Iterator[None]:
    """Have the mails that are queued meanwhile given up at once; staff may send them again."""
    token = _holding.set(True)
    try:
        yield
    finally:
        _holding.reset(token)


def tell_staff(*, kind: str, resource: str, template: str, context: Mapping[str, Any]) -> None:
    """Queue a mail to STAFF_NOTIFY_EMAILS, all in one; nothing where nobody is named."""
    recipients = ", ".join(settings.STAFF_NOTIFY_EMAILS)
    if recipients:
        queue_mail(
            kind=kind, resource=resource, recipient=recipients, template=template, context=context, is_internal=True
        )


@transaction.atomic
def send_again(*, mail_id: int) -> Mail:
    """Queue the mail once more, as it was written, with the next edition's number; returns the new row.

    Locks the mail's row. Raises NotFound, and MailNotSent for one that is still to be sent.
    """
    mail = lock_row(Mail.objects.filter(pk=mail_id))
    if mail.sent_at is None and mail.given_up_at is None:
        raise MailNotSent
    same = Mail.objects.filter(kind=mail.kind, resource=mail.resource)
    first = lock_row(same.filter(pk=same.order_by("pk").values("pk")[:1]))  # one at a time per kind and resource
    newest = same.aggregate(newest=Max("edition"))["newest"] or first.edition
    return Mail.objects.create(
        kind=mail.kind,
        resource=mail.resource,
        edition=newest + 1,
        recipient=mail.recipient,
        is_internal=mail.is_internal,
        subject=mail.subject,
        text_body=mail.text_body,
        html_body=mail.html_body,
        secret_name=mail.secret_name,
        next_attempt_at=timezone.now(),
    )


def drop_old() -> int:
    """Delete mails MAIL_RETENTION_DAYS after they were sent or given up; returns how many."""
    limit = timezone.now() - timedelta(days=settings.MAIL_RETENTION_DAYS)
    deleted, _ = Mail.objects.filter(Q(sent_at__lt=limit) | Q(given_up_at__lt=limit)).delete()
    return deleted


def forget(*, recipient: str = "", resources: Iterable[str] = ()) -> int:
    """Delete the mails to an address (none where it is blank) and all about these things, sent or not."""
    deleted, _ = Mail.objects.filter(Q(recipient=recipient) | Q(resource__in=list(resources))).delete()
    return deleted
