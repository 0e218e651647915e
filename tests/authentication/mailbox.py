"""Reading the mails that the outbox sends."""

import re

from django.core import mail
from django.core.mail import EmailMessage

from common import mail_delivery, outbox


def deliver_mails() -> list[EmailMessage]:
    """Have the outbox do its work; returns what it sent."""
    before = len(mail.outbox)
    outbox.relay()
    mail_delivery.send_due_mails()
    return mail.outbox[before:]


def token_in(message: EmailMessage) -> str:
    """The token of the link in the mail."""
    match = re.search(r"token=(\S+)", str(message.body))
    assert match is not None, message.body
    return match[1]
