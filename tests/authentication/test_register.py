"""POST auth/register/."""

import json
from unittest import mock

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from rest_framework.test import APIClient

from authentication.models import OneTimeToken, User
from common.models import OutboxEvent
from tests.authentication.mailbox import deliver_mails, token_in
from tests.factories.authentication import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/auth/register/"
FORM = {"email": "Ada@Example.com", "password": PASSWORD}


@pytest.fixture
def mandatory(settings: Settings) -> None:
    settings.EMAIL_VERIFICATION = "mandatory"


def test_answers_the_user_and_a_working_session(guest: APIClient) -> None:
    answer = guest.post(URL, {**FORM, "username": "ada", "first_name": "Ada", "phone": "+1 555 0100"})

    assert answer.status_code == 201
    body = answer.json()
    assert body.keys() == {"user", "access", "refresh"}
    assert body["user"]["email"] == "ada@example.com"
    assert body["user"]["username"] == "ada"
    assert body["user"]["phone"] == "+1 555 0100"
    assert answer["Cache-Control"] == "no-store"
    guest.credentials(HTTP_AUTHORIZATION=f"Bearer {body['access']}")
    assert guest.get("/api/v1/auth/me/").json() == body["user"]


def test_keeps_the_password_as_a_hash_only(guest: APIClient) -> None:
    guest.post(URL, FORM)

    user = User.objects.get()
    assert PASSWORD not in user.password
    assert user.check_password(PASSWORD)
    assert OutboxEvent.objects.filter(name="user.registered", payload={"user_id": user.pk}).count() == 1


def test_two_without_a_user_name_get_different_ones(guest: APIClient) -> None:
    guest.post(URL, FORM)
    guest.post(URL, {**FORM, "email": "bob@example.com"})

    assert User.objects.values("username").distinct().count() == 2


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@EXAMPLE.COM", "  ada@example.com "])
def test_a_taken_address_in_any_case_is_refused(guest: APIClient, email: str) -> None:
    UserFactory.create(email="ada@example.com")

    answer = guest.post(URL, {**FORM, "email": email})

    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [("email", "email_taken")]
    assert User.objects.count() == 1


def test_a_taken_user_name_is_refused(guest: APIClient) -> None:
    UserFactory.create(username="ada")

    answer = guest.post(URL, {**FORM, "username": "ada"})

    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [("username", "username_taken")]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("email", "nobody", "invalid"),
        ("email", "a" * 5_000 + "@example.com", "max_length"),
        ("email", "a\x00@example.com", "null_characters_not_allowed"),
        ("email", ["ada@example.com"], "invalid"),
        ("password", "short1", "password_too_short"),
        ("password", "12345678901", "password_entirely_numeric"),
        ("password", "password123", "password_too_common"),
        ("password", "ada@example.com", "password_too_similar"),
        ("password", "x" * 129, "max_length"),
        ("password", "with\x00nul-long", "null_characters_not_allowed"),
        ("username", "ada@example.com", "invalid"),
        ("username", "a" * 151, "max_length"),
        ("first_name", "a" * 151, "max_length"),
        ("phone", "call me", "invalid"),
        ("phone", "1" * 16, "max_length"),
        ("is_staff", True, "unknown_field"),
        ("is_superuser", True, "unknown_field"),
        ("is_staff_member", True, "unknown_field"),
        ("id", 1, "unknown_field"),
    ],
)
def test_bad_input_is_named_and_writes_nothing(guest: APIClient, field: str, value: object, code: str) -> None:
    answer = guest.post(URL, {**FORM, field: value})

    assert answer.status_code == 400
    assert (field, code) in {(error["field"], error["code"]) for error in answer.json()["errors"]}
    assert User.objects.count() == 0


def test_a_password_of_a_megabyte_is_never_hashed(guest: APIClient) -> None:
    with mock.patch.object(MD5PasswordHasher, "encode") as encode:
        answer = guest.post(URL, {**FORM, "password": "x" * 900_000})

    assert answer.status_code == 400
    assert encode.call_count == 0


@pytest.mark.parametrize("body", [[FORM], None, "text", 7, True, {}])
def test_a_body_that_is_no_form_is_refused(guest: APIClient, body: object) -> None:
    answer = guest.post(URL, json.dumps(body), content_type="application/json")

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_a_mistyped_setting_does_not_open_accounts_unproven(guest: APIClient, settings: Settings) -> None:
    settings.EMAIL_VERIFICATION = "Mandatory "

    assert guest.post(URL, FORM).status_code == 202
    assert User.objects.count() == 0


def test_a_stale_bearer_token_does_no_harm(guest: APIClient) -> None:
    guest.credentials(HTTP_AUTHORIZATION="Bearer stale")

    assert guest.post(URL, FORM).status_code == 201


@pytest.mark.usefixtures("mandatory")
def test_mandatory_verification_answers_alike_for_known_and_unknown_addresses(guest: APIClient) -> None:
    UserFactory.create(email="known@example.com")

    known = guest.post(URL, {**FORM, "email": "known@example.com"})
    unknown = guest.post(URL, {**FORM, "email": "unknown@example.com"})

    assert known.status_code == unknown.status_code == 202
    assert known.json() == unknown.json()
    assert User.objects.count() == 1


@pytest.mark.usefixtures("mandatory")
def test_mandatory_verification_does_the_same_work_either_way(guest: APIClient) -> None:
    UserFactory.create(email="known@example.com")
    works = []
    for email in ("known@example.com", "unknown@example.com"):
        with (
            mock.patch.object(MD5PasswordHasher, "encode", autospec=True, side_effect=MD5PasswordHasher.encode) as spy,
            CaptureQueriesContext(connection) as queries,
        ):
            guest.post(URL, {**FORM, "email": email})
        works.append((spy.call_count, len(queries)))

    assert works[0] == works[1]
    assert works[0][0] == 1
    assert OutboxEvent.objects.filter(name="account.link_requested").count() == 2


@pytest.mark.usefixtures("mandatory")
def test_the_mailed_link_opens_the_account(guest: APIClient) -> None:
    guest.post(URL, {**FORM, "username": "ada", "last_name": "Buyer"})
    refused = guest.post("/api/v1/auth/token/", FORM)
    (message,) = deliver_mails()
    answer = guest.post("/api/v1/auth/email/verify/", {"token": token_in(message)})

    assert message.to == ["ada@example.com"]
    assert refused.status_code == 401
    assert answer.status_code == 204
    user = User.objects.get()
    assert (user.email, user.username, user.last_name) == ("ada@example.com", "ada", "Buyer")
    assert user.email_verified_at is not None
    assert guest.post("/api/v1/auth/token/", FORM).status_code == 200
    assert OneTimeToken.objects.get().details == {}


@pytest.mark.usefixtures("mandatory")
def test_the_owner_of_a_known_address_is_told_and_gets_no_link(guest: APIClient) -> None:
    owner = UserFactory.create(email="ada@example.com")
    guest.post(URL, FORM)

    (message,) = deliver_mails()

    assert message.to == [owner.email]
    assert "token=" not in message.body
    assert OneTimeToken.objects.get().details == {}


@pytest.mark.usefixtures("mandatory")
def test_the_second_registration_of_an_address_counts(guest: APIClient) -> None:
    guest.post(URL, {**FORM, "password": "of-the-stranger-1"})
    guest.post(URL, FORM)
    first, second = deliver_mails()

    assert guest.post("/api/v1/auth/email/verify/", {"token": token_in(first)}).status_code == 400
    assert guest.post("/api/v1/auth/email/verify/", {"token": token_in(second)}).status_code == 204
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.usefixtures("mandatory")
def test_a_link_to_an_address_taken_meanwhile_opens_nothing(guest: APIClient) -> None:
    guest.post(URL, FORM)
    (message,) = deliver_mails()
    UserFactory.create(email="ada@example.com")

    answer = guest.post("/api/v1/auth/email/verify/", {"token": token_in(message)})

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_token"
    assert User.objects.count() == 1


@pytest.mark.usefixtures("mandatory")
def test_a_user_name_taken_meanwhile_is_replaced(guest: APIClient) -> None:
    guest.post(URL, {**FORM, "username": "ada"})
    (message,) = deliver_mails()
    UserFactory.create(username="ada")

    answer = guest.post("/api/v1/auth/email/verify/", {"token": token_in(message)})

    assert answer.status_code == 204
    assert User.objects.get(email="ada@example.com").username.startswith("user-")


@pytest.mark.parametrize(
    ("field", "value"), [("email", "a@" + "\u0130\u0130\u0130." * 60 + "com"), ("username", "\ufb03" * 140)]
)
def test_what_grows_when_it_is_normalised_must_fit_all_the_same(guest: APIClient, field: str, value: str) -> None:
    refused = guest.post(URL, {**FORM, field: value})

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)
    assert User.objects.count() == 0
