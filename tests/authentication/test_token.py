"""POST auth/token/."""

from collections.abc import Callable
from unittest import mock

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import MD5PasswordHasher
from rest_framework.test import APIClient

from authentication.models import RefreshToken, User
from authentication.services import passwords, privacy, sessions
from tests.factories.authentication import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/auth/token/"


@pytest.fixture
def ada() -> User:
    return UserFactory.create(email="ada@example.com", username="ada")


@pytest.mark.parametrize(
    "login", [{"email": "ada@example.com"}, {"email": "ADA@Example.com"}, {"username": "ada"}, {"email": "ada"}]
)
def test_signs_in_by_address_in_any_case_or_user_name(guest: APIClient, ada: User, login: dict[str, str]) -> None:
    answer = guest.post(URL, {**login, "password": PASSWORD})

    assert answer.status_code == 200
    assert answer.json().keys() == {"access", "refresh"}
    assert answer["Cache-Control"] == "no-store"
    guest.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access']}")
    assert guest.get("/api/v1/auth/me/").json()["id"] == ada.pk
    ada.refresh_from_db()
    assert ada.last_login is not None


def test_users_made_by_the_orm_or_createsuperuser_sign_in(guest: APIClient) -> None:
    User.objects.create_superuser("root", "Root@Example.com", PASSWORD)

    assert guest.post(URL, {"email": "root@example.com", "password": PASSWORD}).status_code == 200


def test_keeps_the_refresh_token_as_a_hash_only(guest: APIClient, ada: User) -> None:
    refresh = guest.post(URL, {"email": ada.email, "password": PASSWORD}).json()["refresh"]

    row = RefreshToken.objects.get()
    assert refresh not in {row.token_hash, str(row.family), row.stamp}


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda user: privacy.erase_account(user_id=user.pk),
        lambda user: passwords.change_password(
            user_id=user.pk, current_password=PASSWORD, new_password="another-passphrase"
        ),
    ],
    ids=["erased", "password changed"],
)
def test_no_session_for_a_password_that_ends_while_it_is_looked_at(
    guest: APIClient, ada: User, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[User], object]
) -> None:
    def look_slowly(username: str, password: str) -> object:
        user = authenticate(username=username, password=password)
        meanwhile(ada)
        return user

    monkeypatch.setattr(sessions, "authenticate", look_slowly)

    answer = guest.post(URL, {"email": ada.email, "password": PASSWORD})

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    ada.refresh_from_db()
    assert ada.last_login is None


def test_every_wrong_sign_in_gets_one_answer(guest: APIClient, ada: User) -> None:
    UserFactory.create(email="closed@example.com", is_active=False)
    wrong_password = guest.post(URL, {"email": ada.email, "password": "wrong"})
    unknown = guest.post(URL, {"email": "nobody@example.com", "password": PASSWORD})
    closed = guest.post(URL, {"email": "closed@example.com", "password": PASSWORD})
    no_address = guest.post(URL, {"email": "nobody", "password": PASSWORD})

    answers = [wrong_password, unknown, closed, no_address]
    assert [answer.status_code for answer in answers] == [401] * 4
    assert {answer.json()["code"] for answer in answers} == {"invalid_credentials"}
    assert len({answer.json()["detail"] for answer in answers}) == 1
    assert {answer["WWW-Authenticate"] for answer in answers} == {'Bearer realm="api"'}
    assert RefreshToken.objects.count() == 0


@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com", "closed@example.com"])
def test_every_wrong_sign_in_costs_one_hash(guest: APIClient, ada: User, email: str) -> None:
    UserFactory.create(email="closed@example.com", is_active=False)

    with mock.patch.object(MD5PasswordHasher, "encode", autospec=True, side_effect=MD5PasswordHasher.encode) as spy:
        guest.post(URL, {"email": email, "password": "wrong"})

    assert spy.call_count == 1


@pytest.mark.parametrize(
    ("form", "field", "code"),
    [
        ({"email": "ada@example.com"}, "password", "required"),
        ({"password": PASSWORD}, "email", "required"),
        ({"email": "ada@example.com", "username": "ada", "password": PASSWORD}, "email", "required"),
        ({"email": "a" * 5_000, "password": PASSWORD}, "email", "max_length"),
        ({"email": "a\x00", "password": PASSWORD}, "email", "null_characters_not_allowed"),
        ({"email": "ada@example.com", "password": "a\x00"}, "password", "null_characters_not_allowed"),
        ({"email": {"$ne": ""}, "password": PASSWORD}, "email", "invalid"),
        ({"email": "ada@example.com", "password": PASSWORD, "otp": "1"}, "otp", "unknown_field"),
    ],
)
def test_bad_input_is_named(guest: APIClient, form: dict[str, object], field: str, code: str) -> None:
    answer = guest.post(URL, form)

    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]


def test_a_password_of_a_megabyte_is_never_hashed(guest: APIClient, ada: User) -> None:
    with mock.patch.object(MD5PasswordHasher, "encode") as encode:
        answer = guest.post(URL, {"email": ada.email, "password": "x" * 900_000})
        too_large = guest.post(URL, {"email": ada.email, "password": "x" * 1_100_000})

    assert answer.status_code == 400
    assert too_large.status_code == 413
    assert encode.call_count == 0


def test_unknown_parameters_are_refused(guest: APIClient) -> None:
    answer = guest.post(f"{URL}?next=/", {"email": "ada@example.com", "password": PASSWORD})

    assert answer.status_code == 400
    assert answer.json()["code"] == "unknown_field"


def test_spaces_belong_to_the_password(guest: APIClient) -> None:
    UserFactory.create(email="spaced@example.com", password=" spaced-out-horse ")

    assert guest.post(URL, {"email": "spaced@example.com", "password": " spaced-out-horse "}).status_code == 200
    assert guest.post(URL, {"email": "spaced@example.com", "password": "spaced-out-horse"}).status_code == 401
