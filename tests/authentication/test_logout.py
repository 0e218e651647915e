"""POST auth/logout/ and POST auth/logout-all/."""

import pytest
from rest_framework.test import APIClient

from authentication.models import User
from authentication.services import sessions
from tests.factories.authentication import UserFactory

pytestmark = pytest.mark.django_db
LOGOUT = "/api/v1/auth/logout/"
LOGOUT_ALL = "/api/v1/auth/logout-all/"


@pytest.fixture
def refresh(user: User) -> str:
    return sessions.begin_session(user=user).refresh


@pytest.fixture
def other(user: User) -> str:
    return sessions.begin_session(user=user).refresh


def works(guest: APIClient, refresh: str) -> bool:
    return guest.post("/api/v1/auth/token/refresh/", {"refresh": refresh}).status_code == 200


def test_logout_ends_this_session_and_no_other(guest: APIClient, refresh: str, other: str) -> None:
    answer = guest.post(LOGOUT, {"refresh": refresh})

    assert answer.status_code == 204
    assert not works(guest, refresh)
    assert works(guest, other)


def test_logout_with_an_earlier_token_of_the_session_ends_it(guest: APIClient, refresh: str) -> None:
    child = guest.post("/api/v1/auth/token/refresh/", {"refresh": refresh}).json()["refresh"]

    guest.post(LOGOUT, {"refresh": refresh})

    assert not works(guest, child)


def test_logout_says_nothing_about_tokens_that_do_not_work(guest: APIClient, refresh: str) -> None:
    guest.post(LOGOUT, {"refresh": refresh})

    assert guest.post(LOGOUT, {"refresh": refresh}).status_code == 204
    assert guest.post(LOGOUT, {"refresh": "never-handed-out"}).status_code == 204


def test_logout_needs_the_refresh_token(guest: APIClient, user_client: APIClient) -> None:
    assert guest.post(LOGOUT, {}).status_code == 400
    assert user_client.post(LOGOUT, {}).status_code == 400


def test_logout_all_by_bearer_ends_every_session_and_the_access_token(
    guest: APIClient, user_client: APIClient, refresh: str, other: str
) -> None:
    answer = user_client.post(LOGOUT_ALL, {})

    assert answer.status_code == 204
    assert not works(guest, refresh)
    assert not works(guest, other)
    assert user_client.get("/api/v1/auth/me/").status_code == 401


def test_logout_all_by_refresh_token_ends_every_session(guest: APIClient, refresh: str, other: str) -> None:
    answer = guest.post(LOGOUT_ALL, {"refresh": refresh})

    assert answer.status_code == 204
    assert not works(guest, other)


def test_logout_all_leaves_other_people_alone(guest: APIClient, user_client: APIClient) -> None:
    stranger = sessions.begin_session(user=UserFactory.create()).refresh

    user_client.post(LOGOUT_ALL, {})

    assert works(guest, stranger)


def test_logout_all_needs_somebody(guest: APIClient, user: User, refresh: str, other: str) -> None:
    guest.post("/api/v1/auth/token/refresh/", {"refresh": refresh})

    assert guest.post(LOGOUT_ALL, {}).status_code == 401
    assert guest.post(LOGOUT_ALL, {"refresh": refresh}).status_code == 401
    assert guest.post(LOGOUT_ALL, {"refresh": "never-handed-out"}).status_code == 401
    assert works(guest, other)


def test_unknown_fields_are_refused(user_client: APIClient) -> None:
    for address in (LOGOUT, LOGOUT_ALL):
        answer = user_client.post(address, {"refresh": "x", "all": True})
        assert answer.status_code == 400
        assert answer.json()["code"] == "unknown_field"
