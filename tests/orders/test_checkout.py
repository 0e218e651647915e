"""POST checkout/: a cart becomes an order."""

from typing import Any

import pytest
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db

CHECKOUT = "/api/v1/checkout/"


def test_a_guest_places_an_order(shopper: APIClient, wish: dict[str, Any]) -> None:
    answer = shopper.post(CHECKOUT, wish)
    assert answer.status_code == 201
