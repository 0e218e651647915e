"""API2:2023 Broken authentication: tokens that are not what they say, links used wrongly, and guesses."""

from typing import Any

import jwt
import pytest
from django.conf import settings
from rest_framework.test import APIClient

from authentication.models import User
from authentication.services import sessions
from authentication.tokens import AccessToken
from tests.abuse.conftest import Victim
from tests.abuse.untouched import PREFIX, refused, untouched
from tests.authentication.mailbox import deliver_mails, token_in
from tests.factories.authentication import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

NEW = "another-horse-battery-9"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def forged(user: User, *, key: str = "", algorithm: str = "HS256", **changes: Any) -> str:
    """The user's token with other claims, key or algorithm; None drops a claim."""
    claims = {**AccessToken.for_user(user).payload, **changes}
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key or str(settings.SIMPLE_JWT["SIGNING_KEY"]), algorithm=algorithm)


@pytest.mark.parametrize(
    "login",
    [
        {"email": "victim@example.com", "password": "a-wrong-guess-1"},
        {"email": "nobody@example.com", "password": "a-wrong-guess-1"},
        {"email": "' OR 1=1 --", "password": PASSWORD},
        {"username": "victim@example.com%", "password": PASSWORD},
        {"email": "victim@example.com", "password": PASSWORD.upper()},
        {"email": "victim@example.com", "password": f" {PASSWORD}"},
    ],
)
def test_a_guess_is_refused_alike(guest: APIClient, victim: Victim, login: dict[str, str]) -> None:
    refused(guest, "post", "auth/token/", login, status=401, code="invalid_credentials")


def test_a_closed_account_is_refused_like_an_unknown_one(guest: APIClient) -> None:
    UserFactory.create(email="closed@example.com", is_active=False)

    login = {"email": "closed@example.com", "password": PASSWORD}
    refused(guest, "post", "auth/token/", login, status=401, code="invalid_credentials")


@pytest.mark.parametrize(
    "login",
    [
        {"email": {"$ne": ""}, "password": {"$ne": ""}},
        {"email": ["victim@example.com"], "password": PASSWORD},
        {"email": "victim@example.com", "password": True},
        {"email": "victim@example.com", "username": "victim", "password": PASSWORD},
        {"email": "v" * 5000 + "@example.com", "password": PASSWORD},
        {"email": "victim@example.com", "password": "p" * 100_000},
        {"email": "victim@example.com\x00", "password": PASSWORD},
        {"password": PASSWORD},
    ],
    ids=["operators", "list", "boolean", "two names", "long address", "long password", "NUL", "nobody"],
)
def test_a_login_of_another_shape_is_refused_before_anything_is_hashed(
    guest: APIClient, victim: Victim, login: dict[str, Any]
) -> None:
    refused(guest, "post", "auth/token/", login, status=400, code="invalid")


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "x" * 40},
        {"key": settings.SECRET_KEY},
        {"algorithm": "HS384"},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"aud": "another-shop"},
        {"aud": None},
        {"iss": "another-shop"},
        {"token_type": "refresh"},
        {"token_type": None},
        {"stamp": None},
        {"user_id": "0"},
    ],
    ids=lambda changes: ", ".join(f"{name} {str(value)[:12]}" for name, value in changes.items()),
)
def test_a_token_that_is_not_ours_as_it_was_made(guest: APIClient, attacker: User, changes: dict[str, Any]) -> None:
    refused(guest, "get", "auth/me/", status=401, code="token_not_valid", headers=bearer(forged(attacker, **changes)))


def test_an_unsigned_token(guest: APIClient, attacker: User) -> None:
    unsigned = jwt.encode(AccessToken.for_user(attacker).payload, "", algorithm="none")

    refused(guest, "get", "auth/me/", status=401, code="token_not_valid", headers=bearer(unsigned))


def test_the_token_of_another_user_s_id(guest: APIClient, attacker: User, victim: Victim) -> None:
    """Even with the signing key, an id alone is nothing without the stamp of that account."""
    token = forged(attacker, user_id=str(victim.user.pk))

    refused(
        guest, "delete", "auth/me/", {"password": PASSWORD}, status=401, code="token_not_valid", headers=bearer(token)
    )


@pytest.mark.parametrize("door", ["auth/me/", "orders/", "cart/", "products/"])
def test_a_refresh_token_as_a_bearer_s(guest: APIClient, attacker: User, door: str) -> None:
    pair = sessions.begin_session(user=attacker)

    refused(guest, "get", door, status=401, code="token_not_valid", headers=bearer(pair.refresh))


def test_an_access_token_as_a_refresh_token(guest: APIClient, attacker: User) -> None:
    body = {"refresh": str(AccessToken.for_user(attacker))}

    refused(guest, "post", "auth/token/refresh/", body, status=401, code="token_not_valid")


@pytest.mark.parametrize("ending", ["logout-all", "password", "deactivated", "gone"])
def test_a_refresh_token_outlives_no_end_of_its_session(guest: APIClient, attacker: User, ending: str) -> None:
    pair = sessions.begin_session(user=attacker)
    if ending == "logout-all":
        sessions.end_all_sessions(user_id=attacker.pk)
    elif ending == "password":
        attacker.set_password(NEW)
        attacker.save()
    elif ending == "deactivated":
        User.objects.filter(pk=attacker.pk).update(is_active=False)
    else:
        attacker.delete()

    refused(guest, "post", "auth/token/refresh/", {"refresh": pair.refresh}, status=401, code="token_not_valid")
    refused(guest, "get", "auth/me/", status=401, code="token_not_valid", headers=bearer(pair.access))


def test_a_used_refresh_token_kills_its_child(guest: APIClient, attacker: User) -> None:
    first = sessions.begin_session(user=attacker)
    child = sessions.refresh_session(refresh=first.refresh)

    but = {"authentication_refreshtoken"}  # that the family is dead is written there
    body = {"refresh": first.refresh}
    refused(guest, "post", "auth/token/refresh/", body, status=401, code="token_not_valid", but=but)
    refused(guest, "post", "auth/token/refresh/", {"refresh": child.refresh}, status=401, code="token_not_valid")


@pytest.mark.parametrize("scheme", ["Basic YTpi", "Token abc", "bearerabc", "Digest a"])
def test_another_scheme_is_nobody(guest: APIClient, scheme: str) -> None:
    refused(guest, "get", "auth/me/", status=401, code="not_authenticated", headers={"Authorization": scheme})


@pytest.mark.parametrize(
    ("door", "method", "body"),
    [
        ("auth/password/change/", "post", {"current_password": "wrong", "new_password": NEW}),
        ("auth/email/change/", "post", {"email": "mine@example.com", "password": "wrong"}),
        ("auth/me/", "delete", {"password": "wrong"}),
    ],
)
def test_a_stolen_access_token_alone_changes_no_credentials(
    attacker_client: APIClient, door: str, method: str, body: dict[str, str]
) -> None:
    refused(attacker_client, method, door, body, status=400, code="invalid")


@pytest.mark.parametrize("password", ["short", "password", "12345678901", "attacker@example.com"])
def test_a_weak_password_is_not_taken(attacker_client: APIClient, password: str) -> None:
    body = {"current_password": PASSWORD, "new_password": password}

    refused(attacker_client, "post", "auth/password/change/", body, status=400, code="invalid")


def reset_link(guest: APIClient, email: str, **headers: str) -> Any:
    guest.post(f"{PREFIX}auth/password/reset/", {"email": email}, headers=headers)
    return deliver_mails()[-1]


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "X-Host", "Forwarded"])
def test_a_reset_link_never_leads_to_the_host_of_the_request(guest: APIClient, victim: Victim, header: str) -> None:
    message = reset_link(guest, victim.user.email, **{header: "evil.example"})

    assert "evil" not in str(message.body)
    assert settings.STOREFRONT_URL in str(message.body)


def test_a_reset_link_works_once(guest: APIClient, victim: Victim) -> None:
    token = token_in(reset_link(guest, victim.user.email))
    assert guest.post(f"{PREFIX}auth/password/reset/confirm/", {"token": token, "new_password": NEW}).status_code == 204

    body = {"token": token, "new_password": "yet-another-horse-7"}
    refused(guest, "post", "auth/password/reset/confirm/", body, status=400, code="invalid_token")


def test_only_the_newest_reset_link_works(guest: APIClient, victim: Victim) -> None:
    old, _new = (token_in(reset_link(guest, victim.user.email)) for _ in range(2))

    body = {"token": old, "new_password": NEW}
    refused(guest, "post", "auth/password/reset/confirm/", body, status=400, code="invalid_token")


@pytest.mark.parametrize("door", ["auth/email/verify/", "auth/email/change/confirm/", "stock-notices/confirm/"])
def test_a_reset_link_opens_no_other_door(guest: APIClient, victim: Victim, door: str) -> None:
    token = token_in(reset_link(guest, victim.user.email))

    refused(guest, "post", door, {"token": token}, status=400, code="invalid_token")


def test_a_mailed_token_is_no_access_token(guest: APIClient, victim: Victim) -> None:
    token = token_in(reset_link(guest, victim.user.email))

    refused(guest, "get", "auth/me/", status=401, code="token_not_valid", headers=bearer(token))


def test_logging_out_with_anothers_words_ends_nothing(guest: APIClient, victim: Victim) -> None:
    with untouched():
        answer = guest.post(f"{PREFIX}auth/logout/", {"refresh": "guess"})

    assert answer.status_code == 204


def test_a_guest_ends_nobody_s_sessions(guest: APIClient) -> None:
    refused(guest, "post", "auth/logout-all/", {}, status=401, code="not_authenticated")
