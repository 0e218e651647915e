"""Rates of one method and zone written at the same moment: one is, the others are told, nobody meets the constraint."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection

from shipping.errors import OverlappingRates
from shipping.models import ShippingRate
from shipping.services import rates
from tests.factories.shipping import ShippingMethodFactory, ShippingZoneFactory

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 8


def test_one_of_many_overlapping_rates_is_written_and_the_rest_are_told() -> None:
    method, zone = ShippingMethodFactory.create(), ShippingZoneFactory.create()
    barrier = Barrier(WRITERS, timeout=20)

    def write(number: int) -> str:
        barrier.wait()
        try:
            rates.add_rate(
                shipping_method=method, shipping_zone=zone, price=Decimal(1), min_order_value=Decimal(number)
            )
        except OverlappingRates as error:
            return error.code
        finally:
            connection.close()
        return "written"

    with ThreadPoolExecutor(WRITERS) as pool:
        results = sorted(pool.map(write, range(WRITERS)))

    assert results == ["overlapping_rates"] * 7 + ["written"]
    assert ShippingRate.objects.count() == 1
