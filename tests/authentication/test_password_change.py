"""POST auth/password/change/."""

import pytest
from rest_framework.test import APIClient

from authentication.models import User
from authentication.services import sessions
from tests.authentication.mailbox import deliver_mails, token_in
from tests.factories.authentication import PASSWORD

pytestmark = pytest.mark.django_db
URL = "/api/v1/auth/password/change/"
NEW = "another-horse-battery"
FORM = {"current_password": PASSWORD, "new_password": NEW}


def test_changes_the_password_and_answers_a_new_session(guest: APIClient, user_client: APIClient, user: User) -> None:
    old = sessions.begin_session(user=user).refresh

    answer = user_client.post(URL, FORM)

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert user_client.get("/api/v1/auth/me/").status_code == 401
    assert guest.post("/api/v1/auth/token/refresh/", {"refresh": old}).status_code == 401
    assert guest.post("/api/v1/auth/token/", {"email": user.email, "password": PASSWORD}).status_code == 401
    assert guest.post("/api/v1/auth/token/", {"email": user.email, "password": NEW}).status_code == 200
    user_client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access']}")
    assert user_client.get("/api/v1/auth/me/").status_code == 200
    assert guest.post("/api/v1/auth/token/refresh/", {"refresh": answer.json()["refresh"]}).status_code == 200


def test_the_owner_is_told_by_mail(user_client: APIClient, user: User) -> None:
    user_client.post(URL, FORM)

    (message,) = deliver_mails()

    assert message.to == [user.email]
    assert "password" in message.subject


def test_a_mailed_reset_link_dies_with_the_change(guest: APIClient, user_client: APIClient, user: User) -> None:
    guest.post("/api/v1/auth/password/reset/", {"email": user.email})
    (message,) = deliver_mails()
    user_client.post(URL, FORM)

    answer = guest.post(
        "/api/v1/auth/password/reset/confirm/", {"token": token_in(message), "new_password": "third-horse-battery"}
    )

    assert answer.status_code == 400


def test_a_wrong_current_password_is_refused(user_client: APIClient, user: User) -> None:
    answer = user_client.post(URL, {**FORM, "current_password": "wrong"})

    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [
        ("current_password", "wrong_password")
    ]
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("new_password", "code"),
    [("short", "password_too_short"), ("1" * 20, "password_entirely_numeric"), ("x" * 129, "max_length")],
)
def test_a_bad_new_password_is_refused(user_client: APIClient, user: User, new_password: str, code: str) -> None:
    answer = user_client.post(URL, {**FORM, "new_password": new_password})

    assert answer.status_code == 400
    assert ("new_password", code) in {(error["field"], error["code"]) for error in answer.json()["errors"]}
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_guests_have_no_password(guest: APIClient, db: None) -> None:
    assert guest.post(URL, FORM).status_code == 401
