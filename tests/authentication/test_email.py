"""POST auth/email/verify/, POST auth/email/change/ and POST auth/email/change/confirm/."""

import pytest
from rest_framework.test import APIClient

from authentication.models import User
from common.models import OutboxEvent
from tests.authentication.mailbox import deliver_mails, token_in
from tests.conftest import ApiClientFor
from tests.factories.authentication import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
VERIFY = "/api/v1/auth/email/verify/"
CHANGE = "/api/v1/auth/email/change/"
CONFIRM = "/api/v1/auth/email/change/confirm/"
NEW = "New@Example.com"


def test_verifying_notes_the_proof_once(guest: APIClient) -> None:
    guest.post("/api/v1/auth/register/", {"email": "ada@example.com", "password": PASSWORD})
    (message,) = deliver_mails()
    token = token_in(message)

    first, second = guest.post(VERIFY, {"token": token}), guest.post(VERIFY, {"token": token})

    assert (first.status_code, second.status_code) == (204, 400)
    user = User.objects.get()
    assert user.email_verified_at is not None
    assert OutboxEvent.objects.filter(name="user.email_verified", payload={"user_id": user.pk}).count() == 1


def test_verifying_does_not_prove_an_address_that_has_changed(guest: APIClient) -> None:
    guest.post("/api/v1/auth/register/", {"email": "ada@example.com", "password": PASSWORD})
    (message,) = deliver_mails()
    User.objects.update(email="moved@example.com")

    assert guest.post(VERIFY, {"token": token_in(message)}).status_code == 400
    assert User.objects.get().email_verified_at is None


def test_the_address_moves_when_the_new_one_is_proven(guest: APIClient, user: User, user_client: APIClient) -> None:
    old = user.email
    asked = user_client.post(CHANGE, {"email": NEW, "password": PASSWORD})
    warning, link = deliver_mails()
    user.refresh_from_db()
    before = user.email
    confirmed = guest.post(CONFIRM, {"token": token_in(link)})

    assert (asked.status_code, confirmed.status_code) == (202, 204)
    assert before == old
    assert warning.to == [old]
    assert "token=" not in warning.body
    assert link.to == ["new@example.com"]
    assert "/change-email?token=" in link.body
    user.refresh_from_db()
    assert user.email == "new@example.com"
    assert user.email_verified_at is not None


def test_a_taken_address_gets_the_same_answer_and_its_owner_a_word(user: User, user_client: APIClient) -> None:
    UserFactory.create(email="taken@example.com")

    taken = user_client.post(CHANGE, {"email": "Taken@example.com", "password": PASSWORD})
    free = user_client.post(CHANGE, {"email": NEW, "password": PASSWORD})
    word, _warning, link = deliver_mails()

    assert (taken.status_code, taken.content) == (free.status_code, free.content)
    assert (word.to, link.to) == (["taken@example.com"], ["new@example.com"])
    assert "token=" not in word.body


def test_an_address_taken_meanwhile_is_refused(guest: APIClient, user: User, user_client: APIClient) -> None:
    user_client.post(CHANGE, {"email": NEW, "password": PASSWORD})
    _warning, link = deliver_mails()
    UserFactory.create(email="new@example.com")

    answer = guest.post(CONFIRM, {"token": token_in(link)})

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_token"


def test_the_newest_change_counts(guest: APIClient, user: User, user_client: APIClient) -> None:
    user_client.post(CHANGE, {"email": "first@example.com", "password": PASSWORD})
    user_client.post(CHANGE, {"email": "second@example.com", "password": PASSWORD})
    _, first, _, second = deliver_mails()

    assert guest.post(CONFIRM, {"token": token_in(first)}).status_code == 400
    assert guest.post(CONFIRM, {"token": token_in(second)}).status_code == 204
    user.refresh_from_db()
    assert user.email == "second@example.com"


def test_a_new_password_stops_the_move(guest: APIClient, user: User, user_client: APIClient) -> None:
    user_client.post(CHANGE, {"email": NEW, "password": PASSWORD})
    _warning, link = deliver_mails()
    user.set_password("another-horse-battery")
    user.save()

    assert guest.post(CONFIRM, {"token": token_in(link)}).status_code == 400


def test_asking_for_the_own_address_sends_a_link_that_proves_it(
    guest: APIClient, user: User, user_client: APIClient
) -> None:
    user_client.post(CHANGE, {"email": user.email.upper(), "password": PASSWORD})
    (link,) = deliver_mails()

    assert guest.post(CONFIRM, {"token": token_in(link)}).status_code == 204
    user.refresh_from_db()
    assert user.email_verified_at is not None


def test_a_link_of_another_purpose_is_refused_at_each(guest: APIClient, user: User, user_client: APIClient) -> None:
    user_client.post(CHANGE, {"email": NEW, "password": PASSWORD})
    guest.post("/api/v1/auth/register/", {"email": "ada@example.com", "password": PASSWORD})
    _warning, change, verify = deliver_mails()

    assert guest.post(VERIFY, {"token": token_in(change)}).status_code == 400
    assert guest.post(CONFIRM, {"token": token_in(verify)}).status_code == 400


def test_the_password_is_asked_for(user: User, user_client: APIClient) -> None:
    wrong = user_client.post(CHANGE, {"email": NEW, "password": "wrong"})
    missing = user_client.post(CHANGE, {"email": NEW})

    assert [error["code"] for error in wrong.json()["errors"]] == ["wrong_password"]
    assert [error["code"] for error in missing.json()["errors"]] == ["required"]
    assert deliver_mails() == []


def test_guests_have_no_address_to_change(guest: APIClient) -> None:
    assert guest.post(CHANGE, {"email": NEW, "password": PASSWORD}).status_code == 401


def test_a_closed_account_changes_nothing(client_for: ApiClientFor) -> None:
    closed = UserFactory.create(is_active=False)

    assert client_for(closed).post(CHANGE, {"email": NEW, "password": PASSWORD}).status_code == 401
