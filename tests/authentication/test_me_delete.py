"""DELETE auth/me/: the person goes, the row stays."""

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from rest_framework.test import APIClient

from authentication.models import Address, OneTimeToken, RefreshToken, User
from authentication.services import privacy, sessions
from common.models import IdempotencyKey, OutboxEvent
from tests.authentication.mailbox import deliver_mails
from tests.conftest import ApiClientFor
from tests.factories.authentication import PASSWORD, AddressFactory, UserFactory, grant

pytestmark = pytest.mark.django_db
URL = "/api/v1/auth/me/"
PERSON = {
    "email": "ada.lovelace@example.com",
    "username": "countess",
    "first_name": "Augusta",
    "last_name": "Lovelace",
    "phone": "+44 20 7946 01",
    "additional_details": {"title": "Countess"},
}


@pytest.fixture
def ada() -> User:
    user = UserFactory.create(**PERSON)
    AddressFactory.create(user=user, full_name="Augusta Lovelace", address_line1="12 St James Square")
    grant(user, "orders.view_order")
    return user


@pytest.fixture
def ada_client(ada: User, client_for: ApiClientFor) -> APIClient:
    return client_for(ada)


def mentions(text: str) -> list[str]:
    """The columns of the database whose text holds the text."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND data_type IN ('text', 'character varying', 'jsonb') "
            "AND table_name IN (SELECT tablename FROM pg_tables WHERE schemaname = 'public')"
        )
        for table, column in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" WHERE "{column}"::text ILIKE %s', [f"%{text}%"])
            if cursor.fetchone()[0]:
                found.append(f"{table}.{column}")
    return found


def test_nothing_in_the_database_names_the_person(ada: User, ada_client: APIClient, guest: APIClient) -> None:
    guest.post("/api/v1/auth/password/reset/", {"email": ada.email})
    ada_client.post("/api/v1/auth/email/change/", {"email": "augusta@example.com", "password": PASSWORD})
    deliver_mails()
    user_type = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=ada, content_type=user_type, object_id=str(ada.pk), object_repr=ada.email, action_flag=CHANGE
    )
    LogEntry.objects.create(
        user=ada,
        content_type=ContentType.objects.get_for_model(Address),
        object_id=str(Address.objects.get().pk),
        object_repr=str(Address.objects.get()),
        action_flag=CHANGE,
    )
    IdempotencyKey.objects.create(caller=f"user:{ada.pk}", key="k", fingerprint="f", response_status=201)
    assert mentions("lovelace") != []

    answer = ada_client.delete(URL, {"password": PASSWORD})

    assert answer.status_code == 204
    for text in ("lovelace", "augusta", "countess", "7946", "St James"):
        assert mentions(text) == []
    assert IdempotencyKey.objects.count() == 0


def test_the_row_stays_without_rights_and_sessions(ada: User, ada_client: APIClient, guest: APIClient) -> None:
    refresh = sessions.begin_session(user=ada).refresh

    ada_client.delete(URL, {"password": PASSWORD})

    ada.refresh_from_db()
    assert not ada.is_active
    assert not ada.has_usable_password()
    assert ada.erased_at is not None
    assert ada.email == f"{ada.username}@erased.invalid"
    assert (ada.first_name, ada.last_name, ada.phone, ada.additional_details) == ("", "", "", {})
    assert ada.user_permissions.count() == 0
    assert Address.objects.count() == RefreshToken.objects.count() == OneTimeToken.objects.count() == 0
    assert ada_client.get(URL).status_code == 401
    assert guest.post("/api/v1/auth/token/", {"email": PERSON["email"], "password": PASSWORD}).status_code == 401
    assert guest.post("/api/v1/auth/token/refresh/", {"refresh": refresh}).status_code == 401


def test_the_applications_above_are_told_once(ada: User, ada_client: APIClient) -> None:
    ada_client.delete(URL, {"password": PASSWORD})
    privacy.erase_account(user_id=ada.pk)

    assert list(OutboxEvent.objects.filter(name="user.erased").values_list("resource", "payload")) == [
        (f"user:{ada.pk}", {"user_id": ada.pk})
    ]


def test_the_address_is_free_again_and_opens_a_new_account(ada: User, ada_client: APIClient, guest: APIClient) -> None:
    ada_client.delete(URL, {"password": PASSWORD})

    answer = guest.post("/api/v1/auth/register/", {"email": PERSON["email"], "password": PASSWORD})

    assert answer.status_code == 201
    assert answer.json()["user"]["id"] != ada.pk


def test_staff_lose_their_rights(client_for: ApiClientFor) -> None:
    root = UserFactory.create(is_superuser=True, is_staff=True, is_staff_member=True)

    client_for(root).delete(URL, {"password": PASSWORD})

    root.refresh_from_db()
    assert (root.is_superuser, root.is_staff, root.is_staff_member) == (False, False, False)


@pytest.mark.parametrize(
    ("form", "code"), [({"password": "wrong"}, "wrong_password"), ({}, "required"), ({"password": ""}, "blank")]
)
def test_the_password_is_asked_for(ada: User, ada_client: APIClient, form: dict[str, str], code: str) -> None:
    answer = ada_client.delete(URL, form)

    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [("password", code)]
    ada.refresh_from_db()
    assert ada.email == PERSON["email"]


def test_a_second_time_is_refused(ada: User, ada_client: APIClient) -> None:
    ada_client.delete(URL, {"password": PASSWORD})

    assert ada_client.delete(URL, {"password": PASSWORD}).status_code == 401
