"""inventory/feed/: many levels at once by SKU, each row taken or refused by itself."""

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from products.models import Product, StockMovement
from products.services import stock
from products.services.stock import StockKey
from tests.factories.products import ProductFactory, VariationFactory

pytestmark = pytest.mark.django_db

FEED = "/api/v1/inventory/feed/"


def test_each_row_is_taken_or_refused_by_itself(clerk: APIClient) -> None:
    ProductFactory.create(sku="A", stock=4)
    ProductFactory.create(sku="B", stock=4)
    VariationFactory.create(sku="V-S", stock=4)
    rows = [
        {"sku": "A", "quantity": 9, "expected_quantity": 4, "reason": "Delivery 7"},
        {"sku": "B", "quantity": 9, "expected_quantity": 5},
        {"sku": "NONE", "quantity": 9, "expected_quantity": 5},
        {"sku": "V-S", "quantity": 3, "counted_at": timezone.now().isoformat()},
    ]

    answer = clerk.post(FEED, rows)

    assert answer.status_code == 200
    assert answer.json()["results"] == [
        {"sku": "A", "stock_quantity": 9, "change": 5, "code": None, "detail": None},
        {"sku": "B", "stock_quantity": 4, "change": 0, "code": "stock_changed", "detail": "the stock is 4"},
        {
            "sku": "NONE",
            "stock_quantity": None,
            "change": 0,
            "code": "unknown_sku",
            "detail": "the shop has nothing with this SKU",
        },
        {"sku": "V-S", "stock_quantity": 3, "change": -1, "code": None, "detail": None},
    ]
    movement = StockMovement.objects.get(product__sku="A", reason="feed")
    assert (movement.delta, movement.note) == (5, "Delivery 7")
    assert movement.actor is not None


def test_what_moved_after_the_count_is_applied_on_top(clerk: APIClient) -> None:
    product = ProductFactory.create(sku="A", stock=10)
    counted_at = timezone.now().isoformat()
    stock.adjust(key=StockKey(product.id, None), delta=-3, note="Sold in the shop")

    for _ in range(2):
        answer = clerk.post(FEED, [{"sku": "A", "quantity": 12, "counted_at": counted_at}])
        assert answer.json()["results"][0]["stock_quantity"] == 9


def test_a_change_needs_a_key_and_counts_once(clerk: APIClient) -> None:
    ProductFactory.create(sku="A", stock=1)

    bare = clerk.post(FEED, [{"sku": "A", "delta": 5}])
    keyed = [clerk.post(FEED, [{"sku": "A", "delta": 5}], headers={"Idempotency-Key": "feed-7"}) for _ in range(2)]

    assert (bare.status_code, bare.json()["code"]) == (400, "idempotency_key_required")
    assert [answer.json()["results"][0]["stock_quantity"] for answer in keyed] == [6, 6]
    assert Product.objects.get(sku="A").stock_quantity == 6


def test_a_sku_that_stands_twice_is_refused_twice(clerk: APIClient) -> None:
    ProductFactory.create(sku="A", stock=1)

    answer = clerk.post(FEED, [{"sku": "A", "quantity": number, "expected_quantity": 1} for number in (2, 3)])

    assert [each["code"] for each in answer.json()["results"]] == ["repeated_sku", "repeated_sku"]
    assert Product.objects.get(sku="A").stock_quantity == 1


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        [{"sku": "A"}],
        [{"sku": "A", "quantity": 5}],
        [{"sku": "A", "quantity": 5, "delta": 5, "expected_quantity": 1}],
        [{"sku": "A", "quantity": 5, "expected_quantity": 1, "counted_at": "2026-01-01T10:00:00Z"}],
        [{"sku": "A", "delta": 5, "counted_at": "2026-01-01T10:00:00Z"}],
        [{"sku": "A", "quantity": -1, "expected_quantity": 1}],
        [{"sku": "A", "quantity": 5, "expected_quantity": 1, "colour": "red"}],
        [{"sku": f"S{number}", "quantity": 5, "expected_quantity": 1} for number in range(1001)],
    ],
)
def test_what_is_no_feed_is_refused_as_a_whole(body: Any, clerk: APIClient) -> None:
    ProductFactory.create(sku="A", stock=1)

    answer = clerk.post(FEED, body)

    assert (answer.status_code, answer.json()["status"]) == (400, 400)
    assert not StockMovement.objects.filter(reason="feed").exists()
