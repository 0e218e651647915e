"""What the outbox does about accounts."""

from authentication.services import mails
from authentication.services.one_time import LINK_REQUESTED
from common import outbox
from common.registry import mail_secrets


def subscribe() -> None:
    """Have the mails queued, and their links made when they are sent."""
    mail_secrets.register(mails.SECRET_NAME, mails.secret_for)
    outbox.subscribe(LINK_REQUESTED, "authentication.mail_link", mails.send_link)
    outbox.subscribe("user.password_changed", "authentication.mail_password_changed", mails.tell_password_changed)
