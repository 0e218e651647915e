"""The reports that are lists beyond best sellers: worst sellers, coupons, countries, carts, stock; and their CSV."""

import csv
import io
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from analytics.reports import tables
from orders.models import Cart, Order
from products.models import Product
from tests.analytics.conftest import at, count_2026
from tests.factories.analytics import paid_order, refunded, viewed
from tests.factories.orders import CartFactory, CartItemFactory
from tests.factories.products import CategoryFactory, ProductFactory, VariationFactory

pytestmark = pytest.mark.django_db

MARCH = {"date_from": "2026-03-01", "date_to": "2026-03-31"}
NAMES = [report.name for report in tables.REPORTS]


def address(name: str) -> str:
    return f"/api/v1/analytics/{name}/"


def results(client: APIClient, name: str, **query: Any) -> list[dict[str, Any]]:
    response = client.get(address(name), {**MARCH, **query})
    assert response.status_code == 200, response.content
    return response.json()["results"]  # type: ignore[no-any-return]


def lines(client: APIClient, name: str, **query: Any) -> list[list[str]]:
    response = client.get(address(name), {**MARCH, **query}, headers={"Accept": "text/csv"})
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="{name}-2026-03-01-2026-03-31.csv"'
    return list(csv.reader(io.StringIO(response.getvalue().decode())))


def product(slug: str, **facts: Any) -> Product:
    defaults = {"price": Decimal("10.00"), "cost_price": Decimal("4.00"), "sku": slug.upper(), "name": slug.title()}
    return ProductFactory.create(**{**defaults, "slug": slug, **facts})


def told(order: Order, **facts: Any) -> Order:
    Order.objects.filter(id=order.id).update(**facts)
    return order


@pytest.fixture
def lamp() -> Product:
    return product("lamp", stock=30, categories=[CategoryFactory.create(name="Light")])


@pytest.fixture
def _sold(lamp: Product) -> None:
    """March: 6 lamps to Germany with SPRING, of which one came back, and 1 mug to nowhere."""
    mug = product("mug", price=Decimal("7.00"), cost_price=None, stock=1)
    german = {"coupon_code": "Spring", "discount": Decimal("5.00"), "total": Decimal("55.00")}
    order = told(paid_order((lamp, 6), at=at(3, 2)), **german, shipping_address_snapshot={"country": "DE"})
    told(paid_order((mug, 1), at=at(3, 3)), shipping_address_snapshot={})
    refunded(order.items.get(), at=at(3, 4), amount=Decimal("10.00"), quantity=1, restocked=1)
    count_2026()


@pytest.mark.usefixtures("_sold")
def test_worst_sellers_begin_with_what_did_not_sell(analyst: APIClient) -> None:
    vase = product("vase")
    product("hidden", is_active=False)

    rows = results(analyst, "worst-products", by="items")

    assert [(row["product"]["slug"], row["items"], row["revenue"]) for row in rows] == [
        ("vase", 0, "0.00"),
        ("mug", 1, "7.00"),
        ("lamp", 5, "50.00"),
    ]
    assert rows[0]["product"] == {"id": vase.id, "slug": "vase", "name": "Vase", "sku": "VASE"}


@pytest.mark.usefixtures("_sold")
def test_coupons(analyst: APIClient) -> None:
    assert results(analyst, "top-coupons") == [
        {
            "orders": 1,
            "items": 5,
            "revenue": "50.00",
            "cost": "20.00",
            "profit": "30.00",
            "currency": "USD",
            "discount": "5.00",
            "average_order": "50.00",
            "coupon": "SPRING",
        },
        {
            "orders": 1,
            "items": 1,
            "revenue": "7.00",
            "cost": "0.00",
            "profit": "7.00",
            "currency": "USD",
            "discount": "0.00",
            "average_order": "7.00",
            "coupon": None,
        },
    ]


@pytest.mark.usefixtures("_sold")
def test_countries(analyst: APIClient) -> None:
    rows = results(analyst, "top-countries", by="profit")

    assert [(row["country"], row["orders"], row["profit"]) for row in rows] == [("DE", 1, "30.00"), (None, 1, "7.00")]


@pytest.mark.usefixtures("_sold")
def test_stock_cover_is_shortest_first_and_what_did_not_sell_last(analyst: APIClient) -> None:
    product("vase", stock=9)
    product("old", stock=9, is_discontinued=True)

    rows = results(analyst, "stock-cover")

    # 1 mug a month is left for 31 days, 30 lamps at 5 a month for 186.
    figures = ("stock", "low_stock_threshold", "items", "per_day", "days_left")
    assert [(row["product"]["slug"], *(row[name] for name in figures)) for row in rows] == [
        ("mug", 1, 10, 1, 0.03, 31),
        ("lamp", 30, 10, 5, 0.16, 186),
        ("vase", 9, 10, 0, 0.0, None),
    ]


@pytest.mark.usefixtures("_sold")
def test_dead_stock_is_what_lies_there_unsold_dearest_first(analyst: APIClient, lamp: Product) -> None:
    product("vase", stock=9, cost_price=None)
    product("chair", stock=2, price=Decimal("99.00"), is_active=False)
    product("gone", stock=0)
    paid_order((lamp, 1), at=at(4, 2))
    count_2026()

    rows = results(analyst, "dead-stock", date_from="2026-03-03", date_to="2026-03-31")

    figures = ("stock", "value", "cost", "is_active", "last_sold_on")
    assert [(row["product"]["slug"], *(row[name] for name in figures)) for row in rows] == [
        ("lamp", 30, "300.00", "120.00", True, "2026-03-02"),
        ("chair", 2, "198.00", "8.00", False, None),
        ("vase", 9, "90.00", None, True, None),
    ]


def cart(*lines_: tuple[Product, int], touched: datetime, **facts: Any) -> Cart:
    made = CartFactory.create(**facts)
    for thing, quantity in lines_:
        CartItemFactory.create(cart=made, product=thing, quantity=quantity)
    Cart.objects.filter(id=made.id).update(updated_at=touched)
    return made


def test_abandoned_carts_with_what_they_hold(analyst: APIClient, lamp: Product) -> None:
    now = timezone.now()
    small = cart((lamp, 1), touched=now - timedelta(days=3), user=None, session_id="a")
    sized = VariationFactory.create(product=product("shirt"), price_adjustment=Decimal("2.00"))
    big = cart((lamp, 2), touched=now - timedelta(days=2))
    CartItemFactory.create(cart=big, product=sized.product, variation=sized, quantity=3)
    Cart.objects.filter(id=big.id).update(updated_at=now - timedelta(days=2))
    cart(touched=now - timedelta(days=2))
    cart((lamp, 1), touched=now - timedelta(days=2), is_active=False)
    cart((lamp, 1), touched=now - timedelta(days=200))
    fresh = cart((lamp, 5), touched=now - timedelta(hours=3))

    body = analyst.get(address("abandoned-carts")).json()

    figures = ("id", "customer", "items", "value", "currency")
    assert [tuple(row[name] for name in figures) for row in body["results"]] == [
        (big.id, "account", 5, "56.00", "USD"),
        (small.id, "guest", 1, "10.00", "USD"),
    ]
    assert body["total"] == {"carts": 2, "value": "66.00", "currency": "USD"}
    assert body["count"] == 2
    sooner = analyst.get(address("abandoned-carts"), {"idle_hours": 2}).json()["results"]
    assert [row["id"] for row in sooner] == [big.id, fresh.id, small.id]


@pytest.mark.usefixtures("_sold")
@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        (
            "top-products",
            ["product", "sku", "orders", "items", "revenue", "cost", "profit", "currency"],
            ["Lamp", "LAMP", "1", "5", "50.00", "20.00", "30.00", "USD"],
        ),
        (
            "worst-products",
            ["product", "sku", "orders", "items", "revenue", "cost", "profit", "currency"],
            ["Mug", "MUG", "1", "1", "7.00", "0.00", "7.00", "USD"],
        ),
        (
            "top-categories",
            ["category", "orders", "items", "revenue", "cost", "profit", "currency"],
            ["Light", "1", "5", "50.00", "20.00", "30.00", "USD"],
        ),
        (
            "top-coupons",
            *(
                ["coupon", "orders", "items", "revenue", "cost", "profit", "discount", "average_order", "currency"],
                ["SPRING", "1", "5", "50.00", "20.00", "30.00", "5.00", "50.00", "USD"],
            ),
        ),
        (
            "top-countries",
            *(
                ["country", "orders", "items", "revenue", "cost", "profit", "discount", "average_order", "currency"],
                ["DE", "1", "5", "50.00", "20.00", "30.00", "5.00", "50.00", "USD"],
            ),
        ),
        (
            "stock-cover",
            ["product", "sku", "stock", "low_stock_threshold", "items", "per_day", "days_left"],
            ["Mug", "MUG", "1", "10", "1", "0.03", "31"],
        ),
    ],
)
def test_csv(analyst: APIClient, name: str, first: list[str], second: list[str]) -> None:
    assert lines(analyst, name)[:2] == [first, second]


@pytest.mark.usefixtures("_sold")
def test_csv_of_views(analyst: APIClient, lamp: Product) -> None:
    viewed(lamp, at=at(3, 2), session_id="a")
    viewed(lamp, at=at(3, 2), session_id="b")

    assert lines(analyst, "product-views") == [
        ["product", "sku", "views", "visitors", "orders", "conversion"],
        ["Lamp", "LAMP", "2", "2", "1", "0.5"],
    ]


def test_csv_of_dead_stock_and_carts(analyst: APIClient) -> None:
    vase = product("vase", stock=2)
    Product.objects.filter(id=vase.id).update(created_at=at(1, 1))
    left = cart((vase, 1), touched=at(3, 5))
    Cart.objects.filter(id=left.id).update(created_at=at(3, 1), updated_at=at(3, 6))

    assert lines(analyst, "dead-stock") == [
        ["product", "sku", "stock", "value", "cost", "last_sold_on", "created_at", "currency"],
        ["Vase", "VASE", "2", "20.00", "8.00", "", "2026-01-01T12:00:00Z", "USD"],
    ]
    assert lines(analyst, "abandoned-carts") == [
        ["cart", "customer", "items", "value", "created_at", "updated_at", "currency"],
        [str(left.id), "account", "1", "10.00", "2026-03-01T12:00:00Z", "2026-03-06T12:00:00Z", "USD"],
    ]


def test_csv_is_the_whole_report_up_to_a_bound(analyst: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        product(f"vase-{number}")

    assert len(lines(analyst, "stock-cover", page_size=1)) == 4

    monkeypatch.setattr(tables, "MOST_ROWS", 2)
    assert len(lines(analyst, "stock-cover")) == 3


@pytest.mark.usefixtures("_sold")
@pytest.mark.parametrize("name", ["worst-products", "top-coupons", "top-countries", "stock-cover"])
def test_pages(analyst: APIClient, name: str) -> None:
    first = analyst.get(address(name), {**MARCH, "page_size": "1"}).json()
    second = analyst.get(address(name), {**MARCH, "page_size": "1", "page": "2"}).json()

    assert (first["count"], second["count"]) == (2, 2)
    assert [*first["results"], *second["results"]] == results(analyst, name)
    assert (second["next"], first["previous"]) == (None, None)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_yet(analyst: APIClient, name: str) -> None:
    assert results(analyst, name) == []


@pytest.mark.parametrize(
    ("name", "query", "field"),
    [
        *((name, {"date_from": "2026-02-30"}, "date_from") for name in NAMES),
        *((name, {"surprise": "1"}, "surprise") for name in NAMES),
        *((name, {"date_from": "1999-01-01"}, "date_from") for name in NAMES),
        ("abandoned-carts", {"idle_hours": "0"}, "idle_hours"),
        ("abandoned-carts", {"idle_hours": "9999"}, "idle_hours"),
        ("top-coupons", {"by": "name"}, "by"),
        ("dead-stock", {"by": "revenue"}, "by"),
        ("stock-cover", {"page": "2"}, "page"),
    ],
)
def test_bad_query_is_refused(analyst: APIClient, name: str, query: dict[str, str], field: str) -> None:
    response = analyst.get(address(name), query)

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]
