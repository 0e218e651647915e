"""GET auth/me/export/."""

import pytest
from django.apps import apps
from rest_framework.test import APIClient

from authentication.models import User
from common.registry import Registry, privacy_exporters
from tests.factories.authentication import AddressFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/auth/me/export/"

# Where each model of this application that refers to a user shows in the export, or why it does not.
SHOWN = {
    "authentication.Address": "addresses",
    "authentication.RefreshToken": "sessions",
    "authentication.OneTimeToken": "links",
}


@pytest.fixture
def _loyalty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privacy_exporters, "_items", dict(privacy_exporters))
    privacy_exporters.register("loyalty", lambda user_id: [{"user": user_id, "points": 7}])


def test_holds_profile_addresses_and_sessions_but_no_secret(guest: APIClient) -> None:
    form = {"email": "ada@example.com", "password": "correct-horse-battery", "first_name": "Ada"}
    pair = guest.post("/api/v1/auth/register/", form).json()
    address = AddressFactory.create(user=User.objects.get())
    AddressFactory.create(address_line1="Of somebody else")
    guest.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")

    answer = guest.get(URL)

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    body = answer.json()
    assert body["profile"]["email"] == "ada@example.com"
    assert body["profile"]["first_name"] == "Ada"
    assert [item["id"] for item in body["addresses"]] == [address.pk]
    assert len(body["sessions"]) == 1
    assert [link["purpose"] for link in body["links"]] == ["verify_email"]
    text = answer.content.decode()
    assert "hash" not in text
    assert User.objects.get(email="ada@example.com").password not in text
    assert pair["refresh"] not in text


@pytest.mark.usefixtures("_loyalty")
def test_upper_applications_add_their_part(user: User, user_client: APIClient) -> None:
    assert user_client.get(URL).json()["loyalty"] == [{"user": user.pk, "points": 7}]


def test_a_name_is_taken_once() -> None:
    registry: Registry[str] = Registry()
    registry.register("orders", "one")

    with pytest.raises(ValueError, match="orders"):
        registry.register("orders", "two")


def test_every_table_here_that_refers_to_a_user_is_exported(user_client: APIClient) -> None:
    referring = {
        model._meta.label
        for model in apps.get_app_config("authentication").get_models()
        for field in model._meta.concrete_fields
        if field.related_model is User
    }

    assert referring == set(SHOWN)
    assert set(SHOWN.values()) <= user_client.get(URL).json().keys()


def test_guests_have_nothing_to_export(guest: APIClient) -> None:
    assert guest.get(URL).status_code == 401
