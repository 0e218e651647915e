"""Forged, confused and outdated access tokens at an address that needs one."""

import base64
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken as PlainAccessToken

from authentication.models import User
from authentication.services import sessions
from authentication.tokens import AccessToken
from tests.authentication.mailbox import deliver_mails, token_in

pytestmark = pytest.mark.django_db
URL = "/api/v1/auth/me/"
KEY: str = api_settings.SIGNING_KEY


def ask(token: str, *, scheme: str = "Bearer") -> Any:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"{scheme} {token}")
    return client.get(URL)


def claims(user: User, **changes: object) -> dict[str, object]:
    payload = {**AccessToken.for_user(user).payload, "iss": "shop", "aud": "shop", **changes}
    return {name: value for name, value in payload.items() if value is not None}


def forge(payload: dict[str, object], *, key: str = KEY, algorithm: str = "HS256") -> str:
    return jwt.encode(payload, key, algorithm=algorithm)


def unsigned(payload: dict[str, object]) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, payload)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


def test_the_unchanged_claims_are_accepted(user: User) -> None:
    assert ask(forge(claims(user))).status_code == 200


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_the_scheme_counts_in_any_case(user: User, scheme: str) -> None:
    assert ask(str(AccessToken.for_user(user)), scheme=scheme).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1},
        {"exp": None},
        {"aud": "other"},
        {"aud": None},
        {"iss": "other"},
        {"iss": None},
        {"token_type": "refresh"},
        {"token_type": None},
        {"jti": None},
        {"user_id": "999999"},
        {"user_id": "abc"},
        {"user_id": None},
        {"user_id": "9" * 40},
        {"stamp": None},
        {"stamp": "0" * 64},
        {"stamp": 1},
    ],
)
def test_a_changed_claim_is_refused(user: User, changes: dict[str, object]) -> None:
    answer = ask(forge(claims(user, **changes)))

    assert answer.status_code == 401
    assert answer.json()["code"] == "token_not_valid"
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_is_refused(user: User, algorithm: str) -> None:
    assert ask(forge(claims(user), algorithm=algorithm)).status_code == 401


def test_an_unsigned_token_is_refused(user: User) -> None:
    assert ask(unsigned(claims(user))).status_code == 401


def test_another_key_is_refused(user: User) -> None:
    assert ask(forge(claims(user), key=settings.SECRET_KEY)).status_code == 401


def test_the_signing_key_is_not_the_secret_key() -> None:
    assert settings.SECRET_KEY != KEY


def test_a_token_without_the_session_stamp_is_refused(user: User) -> None:
    assert ask(str(PlainAccessToken.for_user(user))).status_code == 401


def test_a_refresh_token_is_no_access_token(user: User) -> None:
    assert ask(sessions.begin_session(user=user).refresh).status_code == 401


def test_a_mailed_token_is_no_access_token(guest: APIClient, user: User) -> None:
    guest.post("/api/v1/auth/password/reset/", {"email": user.email})
    (message,) = deliver_mails()

    assert ask(token_in(message)).status_code == 401


@pytest.mark.parametrize("token", ["", "x", "a b", "...", "\xff"])
def test_nonsense_is_refused(db: None, token: str) -> None:
    assert ask(token).status_code == 401


def test_no_header_is_a_guest_who_must_sign_in(guest: APIClient) -> None:
    answer = guest.get(URL)

    assert answer.status_code == 401
    assert answer.json()["code"] == "not_authenticated"


def test_a_deactivated_users_token_stops_at_once(user: User) -> None:
    token = str(AccessToken.for_user(user))
    User.objects.filter(pk=user.pk).update(is_active=False)

    assert ask(token).status_code == 401


def test_a_deleted_users_token_stops_at_once(user: User) -> None:
    token = str(AccessToken.for_user(user))
    user.delete()

    assert ask(token).status_code == 401


def test_a_password_set_anywhere_stops_the_token(user: User) -> None:
    token = str(AccessToken.for_user(user))
    user.set_password("another-horse-battery")
    user.save()

    assert ask(token).status_code == 401


def test_a_token_lives_for_minutes(user: User) -> None:
    lifetime = AccessToken.for_user(user)["exp"] - int(timezone.now().timestamp())

    assert 0 < lifetime <= timedelta(minutes=5).total_seconds()
