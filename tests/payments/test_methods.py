"""GET payments/methods/: the ways to pay that are switched on."""

import pytest
from django.test import override_settings
from rest_framework.test import APIClient

URL = "/api/v1/payments/methods/"

pytestmark = pytest.mark.django_db


def test_lists_what_is_on_in_the_shop_s_order(guest: APIClient) -> None:
    body = guest.get(URL).json()

    assert [(method["payment_method"], method["name"]) for method in body["results"]] == [
        ("manual", "Bank transfer"),
        ("dummy", "Test card"),
    ]
    assert all(method["description"] for method in body["results"])


@override_settings(PAYMENT_GATEWAYS=["manual"])
def test_what_is_off_is_not_offered(guest: APIClient) -> None:
    assert [method["payment_method"] for method in guest.get(URL).json()["results"]] == ["manual"]


def test_unknown_parameters_are_refused(guest: APIClient) -> None:
    response = guest.get(URL, {"country": "US"})

    assert (response.status_code, response.json()["code"]) == (400, "unknown_field")
