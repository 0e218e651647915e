"""What the outbox does about accounts."""

from authentication.services import mails
from authentication.services.one_time import LINK_REQUESTED
from common import outbox


def subscribe() -> None:
    """Have the mails sent."""
    outbox.subscribe(LINK_REQUESTED, "authentication.mail_link", mails.send_link)
    outbox.subscribe("user.password_changed", "authentication.mail_password_changed", mails.tell_password_changed)
