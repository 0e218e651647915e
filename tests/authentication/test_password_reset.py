"""POST auth/password/reset/ and POST auth/password/reset/confirm/."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from authentication.models import OneTimeToken, User
from authentication.services import one_time, sessions
from common.models import Mail, OutboxEvent
from tests.authentication.mailbox import deliver_mails, token_in
from tests.factories.authentication import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
RESET = "/api/v1/auth/password/reset/"
CONFIRM = "/api/v1/auth/password/reset/confirm/"
NEW = "another-horse-battery"


@pytest.fixture
def ada() -> User:
    return UserFactory.create(email="ada@example.com")


@pytest.fixture
def token(guest: APIClient, ada: User) -> str:
    return ask_for_link(guest)


def ask_for_link(guest: APIClient, email: str = "Ada@Example.com") -> str:
    guest.post(RESET, {"email": email})
    (message,) = deliver_mails()
    return token_in(message)


def confirm(guest: APIClient, token: str, new_password: str = NEW) -> int:
    return guest.post(CONFIRM, {"token": token, "new_password": new_password}).status_code


def test_known_unknown_and_closed_accounts_get_one_answer_for_one_work(guest: APIClient, ada: User) -> None:
    UserFactory.create(email="closed@example.com", is_active=False)
    answers, works = [], []
    for email in (ada.email, "nobody@example.com", "closed@example.com"):
        with CaptureQueriesContext(connection) as queries:
            answers.append(guest.post(RESET, {"email": email}))
        works.append(len(queries))

    assert [answer.status_code for answer in answers] == [202, 202, 202]
    assert len({answer.content for answer in answers}) == 1
    assert len(set(works)) == 1


def test_only_active_accounts_get_a_mail(guest: APIClient, ada: User) -> None:
    UserFactory.create(email="closed@example.com", is_active=False)
    for email in ("ADA@example.com", "nobody@example.com", "closed@example.com"):
        guest.post(RESET, {"email": email})

    assert [message.to for message in deliver_mails()] == [["ada@example.com"]]
    assert OneTimeToken.objects.count() == 1


def test_the_link_leads_to_the_storefront_whatever_the_host(guest: APIClient, ada: User, settings: Settings) -> None:
    settings.STOREFRONT_URL = "https://store.example/"
    guest.post(RESET, {"email": ada.email}, headers={"host": "evil.example", "x-forwarded-host": "evil.example"})

    (message,) = deliver_mails()

    assert "https://store.example/reset-password?token=" in message.body
    assert "evil" not in message.body


def test_no_table_holds_the_token(token: str) -> None:
    row = OneTimeToken.objects.get()
    mail = Mail.objects.get()

    assert token not in {row.token_hash, row.stamp}
    assert token not in mail.text_body + mail.html_body + mail.subject
    assert token not in str(list(OutboxEvent.objects.values_list("payload", flat=True)))


def test_confirming_sets_the_password_proves_the_address_and_ends_every_session(
    guest: APIClient, ada: User, token: str
) -> None:
    old = sessions.begin_session(user=ada).refresh

    assert confirm(guest, token) == 204
    ada.refresh_from_db()
    assert ada.check_password(NEW)
    assert ada.email_verified_at is not None
    assert guest.post("/api/v1/auth/token/refresh/", {"refresh": old}).status_code == 401


def test_a_link_works_once(guest: APIClient, ada: User, token: str) -> None:
    confirm(guest, token)

    assert confirm(guest, token, "third-horse-battery") == 400
    ada.refresh_from_db()
    assert ada.check_password(NEW)


def test_only_the_newest_link_works_and_no_older_one_comes_back(guest: APIClient, token: str) -> None:
    newer = ask_for_link(guest)

    assert confirm(guest, token) == 400
    assert confirm(guest, newer) == 204
    assert confirm(guest, token) == 400


def test_a_link_lives_for_half_an_hour(guest: APIClient, token: str) -> None:
    row = OneTimeToken.objects.get()
    assert row.expires_at is not None
    assert timedelta(minutes=29) < row.expires_at - timezone.now() <= timedelta(minutes=30)
    OneTimeToken.objects.update(expires_at=timezone.now())

    assert confirm(guest, token) == 400


def test_a_link_dies_with_the_account_and_with_a_move_to_another_address(
    guest: APIClient, ada: User, token: str
) -> None:
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert confirm(guest, token) == 400

    User.objects.filter(pk=ada.pk).update(is_active=True, email="moved@example.com")
    assert confirm(guest, token) == 400


def test_a_link_for_another_purpose_is_refused(guest: APIClient, ada: User) -> None:
    guest.post("/api/v1/auth/register/", {"email": "bob@example.com", "password": PASSWORD})
    (message,) = deliver_mails()

    assert confirm(guest, token_in(message)) == 400


def test_a_weak_password_leaves_the_link_usable(guest: APIClient, token: str) -> None:
    answer = guest.post(CONFIRM, {"token": token, "new_password": "short"})

    assert answer.status_code == 400
    assert ("new_password", "password_too_short") in {
        (error["field"], error["code"]) for error in answer.json()["errors"]
    }
    assert confirm(guest, token) == 204


def test_nobody_is_flooded_with_mails(guest: APIClient, ada: User) -> None:
    for _ in range(7):
        guest.post(RESET, {"email": ada.email})

    sent = deliver_mails()

    assert len(sent) == 5
    assert confirm(guest, token_in(sent[-1])) == 204


def test_a_mail_that_fails_is_tried_again_with_another_link(
    guest: APIClient, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest.post(RESET, {"email": ada.email})
    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", _refuse)
        assert deliver_mails() == []
    lost = OneTimeToken.objects.get().token_hash

    Mail.objects.update(next_attempt_at=timezone.now())
    (message,) = deliver_mails()
    assert OneTimeToken.objects.get().token_hash != lost

    assert confirm(guest, token_in(message)) == 204


def _refuse(*_args: object) -> None:
    raise ConnectionRefusedError("the mail server is away")


@pytest.mark.parametrize("bad", ["x", "ÄÖÜ", "x" * 2_000])
def test_nonsense_is_refused(guest: APIClient, bad: str) -> None:
    answer = guest.post(CONFIRM, {"token": bad, "new_password": NEW})

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_token"
    assert [error["field"] for error in answer.json()["errors"]] == ["token"]


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"email": "nobody"}, "invalid"),
        ({}, "required"),
        ({"email": "a\x00@example.com"}, "null_characters_not_allowed"),
        ({"email": "ada@example.com", "host": "evil"}, "unknown_field"),
    ],
)
def test_bad_input_is_refused(guest: APIClient, form: dict[str, str], code: str) -> None:
    answer = guest.post(RESET, form)

    assert answer.status_code == 400
    assert code in {error["code"] for error in answer.json()["errors"]}
    assert mail.outbox == []


def test_old_links_are_dropped(token: str) -> None:
    assert one_time.drop_expired() == 0
    asked_at = timezone.now() - timedelta(days=4)
    OneTimeToken.objects.update(created_at=asked_at, expires_at=asked_at + timedelta(minutes=30))

    assert one_time.drop_expired() == 1
