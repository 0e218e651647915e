"""Staff's reads and writes of shipping/methods/."""

from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from common.registry import Registry
from shipping.models import ShippingMethod, ShippingRate
from shipping.services import methods
from tests.conftest import ApiClientFor
from tests.factories.authentication import staff_user
from tests.factories.shipping import ShippingMethodFactory, ShippingRateFactory

pytestmark = pytest.mark.django_db

NEW = {"name": "Express", "price": "12.50", "delivery_time": "1-2 days"}


def test_staff_see_all_methods_as_they_are_kept(client_for: ApiClientFor) -> None:
    active = ShippingMethodFactory.create(price=Decimal("5.00"))
    inactive = ShippingMethodFactory.create(is_active=False)

    response = client_for(staff_user("shipping.view_shippingmethod")).get("/api/v1/shipping/methods/")

    rows = response.json()["results"]
    assert [(row["id"], row["is_active"], row["price"]) for row in rows] == [
        (active.pk, True, "5.00"),
        (inactive.pk, False, "5.00"),
    ]


def test_staff_with_a_country_see_what_customers_see(superuser_client: APIClient) -> None:
    ShippingMethodFactory.create(is_active=False)

    assert superuser_client.get("/api/v1/shipping/methods/", {"country": "US"}).json()["results"] == []


def test_staff_without_the_permission_name_a_country(client_for: ApiClientFor) -> None:
    assert client_for(staff_user()).get("/api/v1/shipping/methods/").status_code == 400


def test_staff_ask_for_what_changed_since(superuser_client: APIClient) -> None:
    method = ShippingMethodFactory.create()

    since = method.updated_at.isoformat()
    changed = superuser_client.get("/api/v1/shipping/methods/", {"updated_after": "2020-01-01T00:00:00Z"})
    unchanged = superuser_client.get("/api/v1/shipping/methods/", {"updated_after": since})

    assert [row["id"] for row in changed.json()["results"]] == [method.pk]
    assert unchanged.json()["results"] == []


def test_create(superuser_client: APIClient) -> None:
    response = superuser_client.post("/api/v1/shipping/methods/", NEW)

    method = ShippingMethod.objects.get()
    assert response.status_code == 201
    assert (method.name, method.price, method.is_active) == ("Express", Decimal("12.50"), True)
    assert response.json()["price"] == "12.50"


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"price": "-0.01"}, "price", "min_value"),
        ({"price": "1.001"}, "price", "max_decimal_places"),
        ({"price": "100000000.00"}, "price", "max_digits"),
        ({"price": None}, "price", "null"),
        ({"name": ""}, "name", "blank"),
        ({"name": "x" * 101}, "name", "max_length"),
        ({"name": "a\x00b"}, "name", "null_characters_not_allowed"),
        ({"colour": "red"}, "colour", "unknown_field"),
        ({"created_at": "2020-01-01T00:00:00Z"}, "created_at", "unknown_field"),
    ],
)
def test_bad_input_is_named_and_writes_nothing(
    superuser_client: APIClient, change: dict[str, Any], field: str, code: str
) -> None:
    response = superuser_client.post("/api/v1/shipping/methods/", {**NEW, **change})

    assert response.status_code == 400
    assert (field, code) in [(error["field"], error["code"]) for error in response.json()["errors"]]
    assert ShippingMethod.objects.count() == 0


def test_change_and_deactivate(superuser_client: APIClient) -> None:
    method = ShippingMethodFactory.create()

    response = superuser_client.patch(f"/api/v1/shipping/methods/{method.pk}/", {"price": "6.00", "is_active": False})

    method.refresh_from_db()
    assert response.status_code == 200
    assert (method.price, method.is_active) == (Decimal("6.00"), False)


def test_an_unused_method_is_deleted_with_its_rates(superuser_client: APIClient) -> None:
    rate = ShippingRateFactory.create()

    response = superuser_client.delete(f"/api/v1/shipping/methods/{rate.shipping_method_id}/")

    assert response.status_code == 204
    assert ShippingMethod.objects.count() == 0
    assert ShippingRate.objects.count() == 0


def test_a_method_in_use_is_deactivated_instead(superuser_client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    method = ShippingMethodFactory.create()
    uses: Registry[Any] = Registry()
    uses.register("orders", method.pk.__eq__)
    monkeypatch.setattr(methods, "shipping_method_uses", uses)

    response = superuser_client.delete(f"/api/v1/shipping/methods/{method.pk}/")

    method.refresh_from_db()
    assert response.status_code == 204
    assert method.is_active is False


@pytest.mark.parametrize(
    ("verb", "permission"),
    [
        ("get", "shipping.view_shippingmethod"),
        ("put", "shipping.change_shippingmethod"),
        ("patch", "shipping.change_shippingmethod"),
        ("delete", "shipping.delete_shippingmethod"),
    ],
)
def test_each_verb_needs_its_permission(client_for: ApiClientFor, verb: str, permission: str) -> None:
    method = ShippingMethodFactory.create()
    address = f"/api/v1/shipping/methods/{method.pk}/"
    others = {f"shipping.{name}_shippingmethod" for name in ("view", "add", "change", "delete")} - {permission}

    refused = getattr(client_for(staff_user(*others)), verb)(address, {})
    allowed = getattr(client_for(staff_user(permission)), verb)(address, {})

    assert refused.status_code == 403
    assert allowed.status_code in {200, 204, 400}
