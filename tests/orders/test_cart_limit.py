"""LIMIT_CART stays cheap: one round trip to Redis for a write, none for a read, and no statement more."""

from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from redis.connection import AbstractConnection
from rest_framework.test import APIClient

from products.models import Product
from tests.conftest import Allow

pytestmark = pytest.mark.django_db
CART = "/api/v1/cart/"


def costs(client: APIClient, method: str, path: str, body: Any = None) -> tuple[int, int]:
    """The round trips to Redis and the statements of a request that is answered well."""
    send: Any = AbstractConnection.send_packed_command
    trips: list[Any] = []

    def count(self: AbstractConnection, command: Any, check_health: bool = True) -> None:
        trips.append(command)
        send(self, command, check_health)

    with (
        mock.patch.object(AbstractConnection, "send_packed_command", count),
        CaptureQueriesContext(connection) as captured,
    ):
        answer = getattr(client, method)(CART + path, body)
    assert answer.status_code < 300, answer.content
    return len(trips), len(captured)


def test_a_write_costs_one_round_trip_and_a_read_none(shopper: APIClient, product: Product, allow: Allow) -> None:
    item = {"product": product.pk, "quantity": 1}
    without = costs(shopper, "post", "items/", item)
    allow(CART="100/min")
    costs(shopper, "post", "items/", item)  # which loads the script

    limited = costs(shopper, "post", "items/", item)

    assert without == (0, limited[1])
    assert limited[0] == 1
    assert costs(shopper, "get", "")[0] == 0
