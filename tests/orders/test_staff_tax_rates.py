"""Staff's tax-rates/."""

from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from orders.models import TaxRate
from tests.factories.orders import TaxRateFactory

pytestmark = pytest.mark.django_db

RATES = "/api/v1/tax-rates/"
NEW = {"name": "VAT", "country": "de", "rate": "19.000"}


def test_create(superuser_client: APIClient) -> None:
    response = superuser_client.post(RATES, NEW)

    rate = TaxRate.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "id": rate.pk,
        "name": "VAT",
        "country": "DE",
        "region": "",
        "tax_class": "",
        "rate": "19.000",
        "applies_to_shipping": False,
    }


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"country": "XX"}, "country", "unknown_country"),
        ({"rate": "100.001"}, "rate", "max_value"),
        ({"rate": "-0.001"}, "rate", "min_value"),
        ({"rate": "1.2345"}, "rate", "max_decimal_places"),
        ({"region": "CA", "country": "US"}, None, "unique"),
        ({"region": "x" * 101}, "region", "max_length"),
        ({"colour": "red"}, "colour", "unknown_field"),
    ],
)
def test_bad_input_is_named_and_writes_nothing(
    superuser_client: APIClient, change: dict[str, Any], field: str | None, code: str
) -> None:
    TaxRateFactory.create(region="CA")

    response = superuser_client.post(RATES, {**NEW, "tax_class": "", **change})

    assert response.status_code == 400
    assert (field, code) in [(error["field"], error["code"]) for error in response.json()["errors"]]
    assert TaxRate.objects.count() == 1


def test_a_second_standard_rate_is_refused(superuser_client: APIClient) -> None:
    superuser_client.post(RATES, NEW)

    assert superuser_client.post(RATES, NEW).status_code == 400
    assert TaxRate.objects.count() == 1


def test_change_and_delete(superuser_client: APIClient) -> None:
    rate = TaxRateFactory.create()

    changed = superuser_client.patch(f"{RATES}{rate.pk}/", {"rate": "8.875", "applies_to_shipping": True})

    rate.refresh_from_db()
    assert changed.status_code == 200
    assert (rate.rate, rate.applies_to_shipping) == (Decimal("8.875"), True)
    assert superuser_client.delete(f"{RATES}{rate.pk}/").status_code == 204
    assert TaxRate.objects.count() == 0
