"""Queued mails: one per kind and resource, sent outside of transactions, tried again, limited per address."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail as post
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from common import mail, mail_delivery
from common.failpoints import FailpointReached
from common.mail import SECRET_MARK
from common.models import Mail
from common.registry import mail_secrets
from common.tasks import drop_old_mails, send_due_mails
from tests.factories.mails import MailFactory
from tests.live import all_at_once

FACTS = {"subject": "Hello <Ada>", "text": "Tom & Jerry", "words": "Tom & Jerry", "rest": ""}


def queue(resource: str = "thing:1", **facts: Any) -> None:
    mail.queue_mail(
        kind="greeting",
        resource=resource,
        recipient="ada@example.com",
        template="authentication/mail",
        context={**FACTS, **facts},
    )


def later() -> None:
    """As if every pause were over."""
    Mail.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def sent() -> list[EmailMessage]:
    return list(post.outbox)


def break_server(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuse(_backend: EmailBackend, _messages: Sequence[EmailMessage]) -> int:
        raise error

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)


@pytest.mark.django_db
def test_a_queued_mail_is_sent_once_as_text_and_html() -> None:
    for _ in range(3):
        queue(subject="Hello <Ada>")
    for _ in range(3):
        send_due_mails()

    (message,) = sent()
    assert message.to == ["ada@example.com"]
    assert message.subject == "Hello <Ada>"
    assert "Tom & Jerry" in str(message.body)
    ((html, kind),) = message.alternatives  # type: ignore[attr-defined]  # the stubs know it on the subclass only
    assert kind == "text/html"
    assert "Hello &lt;Ada&gt;" in html
    assert "Tom &amp; Jerry" in html
    row = Mail.objects.get()
    assert row.sent_at is not None
    assert (row.attempts, row.last_error) == (1, "")


@pytest.mark.django_db
def test_a_subject_stays_on_one_line() -> None:
    queue(subject="Hello\r\nBcc: eve@example.com")

    send_due_mails()

    (message,) = sent()
    assert "\n" not in message.subject
    assert message.recipients() == ["ada@example.com"]


@pytest.mark.django_db(transaction=True)
def test_a_mail_is_queued_with_what_makes_it_true_or_not_at_all() -> None:
    with pytest.raises(RuntimeError):
        queue()

    def fail() -> None:
        with transaction.atomic():
            queue()
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        fail()

    assert Mail.objects.count() == 0


@pytest.mark.django_db
def test_a_mail_that_fails_is_tried_again_after_a_growing_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    queue()
    pauses = []
    with monkeypatch.context() as broken:
        break_server(broken, ConnectionRefusedError("the mail server is away"))
        for _ in range(3):
            send_due_mails()
            row = Mail.objects.get()
            assert row.last_attempt_at is not None
            pauses.append(row.next_attempt_at - row.last_attempt_at)
            later()
    assert pauses == [timedelta(minutes=2), timedelta(minutes=4), timedelta(minutes=8)]
    assert Mail.objects.get().last_error == "ConnectionRefusedError: the mail server is away"

    send_due_mails()

    assert len(sent()) == 1
    assert Mail.objects.get().sent_at is not None


@pytest.mark.django_db
def test_what_is_not_due_is_not_sent() -> None:
    MailFactory.create(next_attempt_at=timezone.now() + timedelta(minutes=1))

    send_due_mails()

    assert sent() == []


@pytest.mark.django_db
def test_attempts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    break_server(monkeypatch, TimeoutError())
    MailFactory.create()
    for _ in range(12):
        send_due_mails()
        later()

    row = Mail.objects.get()
    assert row.attempts == mail_delivery.MOST_ATTEMPTS
    assert row.given_up_at is not None


@pytest.mark.django_db
@pytest.mark.parametrize(("code", "is_over"), [(550, True), (451, False)])
def test_a_recipient_who_does_not_exist_is_not_asked_again(
    monkeypatch: pytest.MonkeyPatch, code: int, is_over: bool
) -> None:
    break_server(monkeypatch, SMTPRecipientsRefused({"ada@example.com": (code, b"no")}))
    MailFactory.create()

    send_due_mails()

    assert (Mail.objects.get().given_up_at is not None) is is_over


@pytest.mark.django_db
def test_one_bad_mail_does_not_hold_up_the_next() -> None:
    MailFactory.create(recipient="not an address\nat all")
    MailFactory.create(recipient="bob@example.com")

    send_due_mails()

    assert [message.to for message in sent()] == [["bob@example.com"]]


@pytest.mark.django_db
def test_after_a_crash_the_same_mail_goes_out_under_the_same_id(settings: Settings) -> None:
    MailFactory.create()
    settings.FAILPOINTS = "mail.after_send=raise"
    with pytest.raises(FailpointReached):
        send_due_mails()
    settings.FAILPOINTS = ""
    send_due_mails()
    assert len(sent()) == 1

    later()
    send_due_mails()

    first, second = (message.message()["Message-ID"] for message in sent())
    assert first == second
    assert Mail.objects.get().attempts == 2


@pytest.mark.django_db
def test_a_crash_before_sending_loses_nothing(settings: Settings) -> None:
    MailFactory.create()
    settings.FAILPOINTS = "mail.after_claim=raise"
    with pytest.raises(FailpointReached):
        send_due_mails()
    settings.FAILPOINTS = ""
    later()

    send_due_mails()

    assert len(sent()) == 1


@pytest.mark.django_db
def test_an_address_gets_so_many_an_hour_and_the_rest_later(settings: Settings) -> None:
    settings.MAILS_PER_RECIPIENT_PER_HOUR = 2
    MailFactory.create_batch(4)
    MailFactory.create(recipient="bob@example.com")
    MailFactory.create_batch(3, is_internal=True)

    send_due_mails()

    assert Counter(message.to[0] for message in sent()) == {"ada@example.com": 5, "bob@example.com": 1}
    waiting = Mail.objects.filter(sent_at=None)
    assert [row.attempts for row in waiting] == [0, 0]
    assert all(row.next_attempt_at > timezone.now() + timedelta(minutes=55) for row in waiting)

    Mail.objects.exclude(last_attempt_at=None).update(last_attempt_at=timezone.now() - timedelta(minutes=61))
    later()
    send_due_mails()

    assert Mail.objects.filter(sent_at=None).count() == 0


def test_the_limit_is_not_configured_away_by_default(settings: Settings) -> None:
    assert settings.MAILS_PER_RECIPIENT_PER_HOUR == 20


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], None]:
    def be(value: str | None) -> None:
        monkeypatch.setitem(mail_secrets._items, "test", lambda resource: value and f"{value}-{resource}")

    return be


@pytest.mark.django_db
def test_the_secret_of_a_link_is_in_the_mail_and_in_no_table(secret: Callable[[str | None], None]) -> None:
    secret("s3cret")
    body = f"https://shop.example/?token={SECRET_MARK}"
    MailFactory.create(resource="thing:1", text_body=body, html_body=body, secret_name="test")

    send_due_mails()

    (message,) = sent()
    assert message.body == "https://shop.example/?token=s3cret-thing:1"
    assert "s3cret" not in str(Mail.objects.values().get())


@pytest.mark.django_db
def test_a_link_that_nobody_wants_any_more_is_not_mailed(secret: Callable[[str | None], None]) -> None:
    secret(None)
    MailFactory.create(secret_name="test")

    send_due_mails()

    assert sent() == []
    assert Mail.objects.get().given_up_at is not None


@pytest.mark.django_db
def test_sending_again_is_another_row_with_the_next_number() -> None:
    first = MailFactory.create()
    with pytest.raises(mail.MailNotSent):
        mail.send_again(mail_id=first.pk)
    send_due_mails()

    second = mail.send_again(mail_id=first.pk)
    send_due_mails()
    third = mail.send_again(mail_id=second.pk)
    send_due_mails()

    assert (second.edition, third.edition) == (2, 3)
    messages = sent()
    assert len(messages) == 3
    assert len({message.body for message in messages}) == 1
    assert len({message.message()["Message-ID"] for message in messages}) == 3


@pytest.mark.django_db
def test_old_mails_are_forgotten_and_waiting_ones_kept(settings: Settings) -> None:
    settings.MAIL_RETENTION_DAYS = 90
    long_ago = timezone.now() - timedelta(days=91)
    MailFactory.create(sent_at=long_ago)
    MailFactory.create(given_up_at=long_ago)
    MailFactory.create(sent_at=timezone.now(), resource="recent")
    MailFactory.create(created_at=long_ago, resource="waiting")

    drop_old_mails()

    assert set(Mail.objects.values_list("resource", flat=True)) == {"recent", "waiting"}


def _race(call: Callable[[], Any], times: int) -> list[Any]:
    def closing() -> Any:
        try:
            return call()
        finally:
            connection.close()

    return all_at_once([closing] * times)


@pytest.mark.django_db(transaction=True)
def test_many_workers_send_each_mail_once() -> None:
    for number in range(30):
        MailFactory.create(recipient=f"reader{number}@example.com")

    _race(send_due_mails, 8)

    assert Counter(message.to[0] for message in sent()) == {f"reader{number}@example.com": 1 for number in range(30)}
    assert set(Mail.objects.values_list("attempts", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_many_workers_keep_the_limit(settings: Settings) -> None:
    settings.MAILS_PER_RECIPIENT_PER_HOUR = 3
    MailFactory.create_batch(12)

    _race(send_due_mails, 8)

    assert len(sent()) == 3


@pytest.mark.django_db(transaction=True)
def test_a_mail_queued_many_times_at_once_is_one() -> None:
    def queue_one() -> None:
        with transaction.atomic():
            queue()

    _race(queue_one, 8)

    assert Mail.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_sending_holds_no_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    inside: list[bool] = []
    original = EmailBackend.send_messages

    def note(backend: EmailBackend, messages: Sequence[EmailMessage]) -> int:
        inside.append(connection.in_atomic_block)
        return original(backend, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", note)
    MailFactory.create()

    send_due_mails()

    assert inside == [False]
