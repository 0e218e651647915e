"""The mails about accounts, sent from the outbox; links lead to the storefront, never to a request's host."""

from datetime import timedelta
from urllib.parse import quote

from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone

from authentication import mail_texts
from authentication.mail_texts import Text
from authentication.models import OneTimeToken, User
from authentication.services import one_time
from authentication.services.one_time import Purpose
from common.outbox import Event

MOST_LINKS_PER_HOUR = 5

LINK_TEXTS = {
    Purpose.REGISTER: mail_texts.REGISTER,
    Purpose.VERIFY_EMAIL: mail_texts.VERIFY_EMAIL,
    Purpose.CHANGE_EMAIL: mail_texts.CHANGE_EMAIL,
    Purpose.RESET_PASSWORD: mail_texts.RESET_PASSWORD,
}


def send_link(event: Event) -> None:
    """Make the link that was asked for and mail it, unless there is nobody to mail it to or too much was asked for.

    No address gets more than MOST_LINKS_PER_HOUR, whoever asks.
    """
    token = OneTimeToken.objects.select_related("user").filter(pk=event.payload["token_id"], used_at=None).first()
    if token is None:
        return
    if _is_flooded(token.email) or not _has_reader(token):
        token.delete()
    elif _belongs_to_another(token):
        one_time.spend(token)
        _send(mail_texts.ADDRESS_KNOWN, token.email)
    else:
        if token.purpose == Purpose.CHANGE_EMAIL and token.user and token.user.email != token.email:
            _send(mail_texts.EMAIL_CHANGE_ASKED, token.user.email)
        secret = one_time.arm(token)
        _send(LINK_TEXTS[Purpose(token.purpose)], token.email, link=_link(Purpose(token.purpose), secret))


def tell_password_changed(event: Event) -> None:
    """Tell the owner that the password was changed, so that a stranger's change does not go unnoticed."""
    user = User.objects.filter(pk=event.payload["user_id"], is_active=True).first()
    if user is not None:
        _send(mail_texts.PASSWORD_CHANGED, user.email)


def _is_flooded(email: str) -> bool:
    since = timezone.now() - timedelta(hours=1)
    return OneTimeToken.objects.sent_to(email, since=since).count() >= MOST_LINKS_PER_HOUR


def _has_reader(token: OneTimeToken) -> bool:
    if token.purpose == Purpose.REGISTER:
        return True
    return token.user is not None and token.user.is_active


def _belongs_to_another(token: OneTimeToken) -> bool:
    if token.purpose not in {Purpose.REGISTER, Purpose.CHANGE_EMAIL}:
        return False
    others = User.objects.filter(email=token.email)
    return (others.exclude(pk=token.user_id) if token.user_id else others).exists()


def _link(purpose: Purpose, secret: str) -> str:
    path = settings.STOREFRONT_PATHS[purpose.value].format(token=quote(secret, safe=""))
    return settings.STOREFRONT_URL.rstrip("/") + str(path)


def _send(text: Text, to: str, *, link: str = "") -> None:
    facts = {"shop": settings.SHOP_NAME, "link": link}
    send_mail(text.subject.format(**facts), text.body.format(**facts), None, [to])
