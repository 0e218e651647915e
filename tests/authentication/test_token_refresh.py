"""POST auth/token/refresh/."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from authentication.models import RefreshToken, User
from authentication.services import sessions
from authentication.tokens import AccessToken
from tests.factories.authentication import PASSWORD

pytestmark = pytest.mark.django_db
URL = "/api/v1/auth/token/refresh/"


@pytest.fixture
def refresh(user: User) -> str:
    return sessions.begin_session(user=user).refresh


def status_of(guest: APIClient, refresh: str) -> int:
    return guest.post(URL, {"refresh": refresh}).status_code


def test_answers_a_new_pair_of_the_same_family(guest: APIClient, refresh: str) -> None:
    answer = guest.post(URL, {"refresh": refresh})

    assert answer.status_code == 200
    body = answer.json()
    assert body.keys() == {"access", "refresh"}
    assert body["refresh"] != refresh
    assert answer["Cache-Control"] == "no-store"
    assert RefreshToken.objects.values("family").distinct().count() == 1
    guest.credentials(HTTP_AUTHORIZATION=f"Bearer {body['access']}")
    assert guest.get("/api/v1/auth/me/").status_code == 200


def test_a_repeat_is_refused_and_ends_the_whole_family(guest: APIClient, refresh: str) -> None:
    child = guest.post(URL, {"refresh": refresh}).json()["refresh"]

    repeat = guest.post(URL, {"refresh": refresh})

    assert repeat.status_code == 401
    assert repeat.json()["code"] == "token_not_valid"
    assert status_of(guest, child) == 401
    assert RefreshToken.objects.filter(revoked_at=None).count() == 0


def test_a_repeat_leaves_other_sessions_alone(guest: APIClient, user: User, refresh: str) -> None:
    other = sessions.begin_session(user=user).refresh
    guest.post(URL, {"refresh": refresh})
    guest.post(URL, {"refresh": refresh})

    assert status_of(guest, other) == 200


def test_an_expired_token_is_refused(guest: APIClient, refresh: str) -> None:
    RefreshToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert status_of(guest, refresh) == 401


def test_a_deactivated_users_token_is_refused(guest: APIClient, user: User, refresh: str) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)

    assert status_of(guest, refresh) == 401


def test_a_deleted_users_token_is_refused(guest: APIClient, user: User, refresh: str) -> None:
    user.delete()

    assert status_of(guest, refresh) == 401


def test_a_password_set_anywhere_ends_the_session(guest: APIClient, user: User, refresh: str) -> None:
    user.set_password("another-horse-battery")
    user.save()

    assert status_of(guest, refresh) == 401


def test_an_access_token_is_not_a_refresh_token(guest: APIClient, user: User) -> None:
    assert status_of(guest, str(AccessToken.for_user(user))) == 401


@pytest.mark.parametrize("nonsense", ["x", "eyJhbGciOiJub25lIn0.e30.", "ÄÖÜ", "a" * 2_000])
def test_nonsense_is_refused(guest: APIClient, nonsense: str) -> None:
    assert status_of(guest, nonsense) == 401


@pytest.mark.parametrize(
    ("form", "field", "code"),
    [
        ({}, "refresh", "required"),
        ({"refresh": ""}, "refresh", "blank"),
        ({"refresh": None}, "refresh", "null"),
        ({"refresh": ["x"]}, "refresh", "invalid"),
        ({"refresh": "x\x00"}, "refresh", "null_characters_not_allowed"),
        ({"refresh": "x" * 900_000}, "refresh", "max_length"),
        ({"refresh": "x", "access": "y"}, "access", "unknown_field"),
    ],
)
def test_bad_input_is_named(guest: APIClient, form: dict[str, object], field: str, code: str) -> None:
    answer = guest.post(URL, form)

    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]


def test_an_expired_access_token_beside_it_does_no_harm(guest: APIClient, refresh: str) -> None:
    guest.credentials(HTTP_AUTHORIZATION="Bearer expired")

    assert status_of(guest, refresh) == 200


def test_expired_tokens_are_dropped_and_open_ones_kept(guest: APIClient, user: User, refresh: str) -> None:
    RefreshToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    kept = sessions.begin_session(user=user).refresh

    assert sessions.drop_expired() == 1
    assert status_of(guest, kept) == 200
    assert guest.post("/api/v1/auth/token/", {"email": user.email, "password": PASSWORD}).status_code == 200
