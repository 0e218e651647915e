"""The mails about accounts, queued by the outbox; links lead to the storefront, never to a request's host."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from authentication import mail_texts
from authentication.mail_texts import Text
from authentication.models import OneTimeToken, User
from authentication.services import one_time
from authentication.services.one_time import Purpose
from common.locking import lock_rows
from common.mail import SECRET_MARK, queue_mail
from common.outbox import Event

MOST_LINKS_PER_HOUR = 5
SECRET_NAME = "one_time_link"  # noqa: S105 - the name of one

LINK_TEXTS = {
    Purpose.REGISTER: mail_texts.REGISTER,
    Purpose.VERIFY_EMAIL: mail_texts.VERIFY_EMAIL,
    Purpose.CHANGE_EMAIL: mail_texts.CHANGE_EMAIL,
    Purpose.RESET_PASSWORD: mail_texts.RESET_PASSWORD,
    Purpose.INVITE: mail_texts.INVITE,
}


def send_link(event: Event) -> None:
    """Queue the mail of the link that was asked for, unless there is nobody to mail it to or too much was asked for.

    No address gets more than MOST_LINKS_PER_HOUR, whoever asks.
    """
    token = OneTimeToken.objects.select_related("user").filter(pk=event.payload["token_id"], used_at=None).first()
    if token is None:
        return
    if token.purpose == Purpose.RESET_PASSWORD:
        one_time.find_owner(token)
    if _is_flooded(token.email) or not _has_reader(token):
        token.delete()
    elif _belongs_to_another(token):
        one_time.spend(token)
        _queue(mail_texts.ADDRESS_KNOWN, "account_known", event, token.email)
    else:
        purpose = Purpose(token.purpose)
        if purpose == Purpose.CHANGE_EMAIL and token.user and token.user.email != token.email:
            _queue(mail_texts.EMAIL_CHANGE_ASKED, "account_warning", event, token.user.email)
        one_time.arm(token)  # counts from now on; the secret that works is made when the mail is sent
        _queue(LINK_TEXTS[purpose], f"account_{purpose.value}", event, token.email, link=_link(purpose))


def secret_for(resource: str) -> str | None:
    """The secret of the link in the mail about a one-time token, made anew; None where the link was used or dropped.

    Locks the token's row. Sending a mail again makes the link of the mail before it useless.
    """
    rows = lock_rows(OneTimeToken.objects.filter(pk=resource.partition(":")[2], used_at=None))
    return one_time.arm(rows[0]) if rows else None


def tell_password_changed(event: Event) -> None:
    """Tell the owner that the password was changed, so that a stranger's change does not go unnoticed."""
    user = User.objects.filter(pk=event.payload["user_id"], is_active=True).first()
    if user is not None:
        _queue(mail_texts.PASSWORD_CHANGED, "account_password", event, user.email, resource=f"event:{event.id}")


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


def _link(purpose: Purpose) -> str:
    path = settings.STOREFRONT_PATHS[purpose.value].format(token=SECRET_MARK)
    return settings.STOREFRONT_URL.rstrip("/") + str(path)


def _queue(text: Text, kind: str, event: Event, to: str, *, link: str = "", resource: str = "") -> None:
    shop = settings.SHOP_NAME
    words, _, rest = text.body.partition("{link}")
    queue_mail(
        kind=kind,
        resource=resource or event.resource,
        recipient=to,
        template="authentication/mail",
        context={
            "subject": text.subject.format(shop=shop),
            "text": text.body.format(shop=shop, link=link).strip(),
            "words": words.format(shop=shop).strip(),
            "rest": rest.format(shop=shop).strip(),
            "link": link,
        },
        secret_name=SECRET_NAME if link else "",
    )
