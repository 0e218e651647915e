"""GET analytics/sales/."""

import csv
import io
from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from orders.models import Order
from products.models import Product
from tests.analytics.conftest import at, count_2026
from tests.factories.analytics import paid_order, refunded
from tests.factories.orders import CouponFactory
from tests.factories.products import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/analytics/sales/"


@pytest.fixture
def shirt() -> Product:
    return ProductFactory.create(
        slug="shirt",
        name="=HYPERLINK(1)",
        price=Decimal("10.00"),
        cost_price=Decimal("4.00"),
        categories=[CategoryFactory.create(slug="clothes", name="Clothes")],
    )


@pytest.fixture
def _sold(shirt: Product) -> None:
    """Sunday 1 March: 2 shirts; Monday 2 March: 1 shirt, 1 mug; 10 March: a refund; 1 April: 1 shirt."""
    mug = ProductFactory.create(slug="mug", price=Decimal("7.00"))
    order = paid_order((shirt, 2), at=at(3, 1))
    paid_order((shirt, 1), (mug, 1), at=at(3, 2))
    paid_order((shirt, 1), at=at(4, 1))
    refunded(order.items.get(), at=at(3, 10), amount=Decimal("10.00"), quantity=1, restocked=1)
    count_2026()


def rows(response: object) -> list[tuple[object, ...]]:
    results = response.json()["results"]  # type: ignore[attr-defined] # the test client's response has it
    return [tuple(row.values()) for row in results]


def named(*values: object) -> dict[str, object]:
    names = ("date", "orders", "items", "revenue", "cost", "profit", "average_order")
    return dict(zip(names, values, strict=True))


@pytest.mark.usefixtures("_sold")
def test_by_day_names_every_day(analyst: APIClient) -> None:
    response = analyst.get(ADDRESS, {"date_from": "2026-02-28", "date_to": "2026-03-03"})

    assert response.status_code == 200
    assert response.json() == {
        "date_from": "2026-02-28",
        "date_to": "2026-03-03",
        "group_by": "day",
        "product": None,
        "category": None,
        "currency": "USD",
        "results": [
            named("2026-02-28", 0, 0, "0.00", "0.00", "0.00", "0.00"),
            named("2026-03-01", 1, 2, "20.00", "8.00", "12.00", "20.00"),
            named("2026-03-02", 1, 2, "17.00", "4.00", "13.00", "17.00"),
            named("2026-03-03", 0, 0, "0.00", "0.00", "0.00", "0.00"),
        ],
    }


@pytest.mark.usefixtures("_sold")
def test_by_week_begins_on_monday(analyst: APIClient) -> None:
    response = analyst.get(ADDRESS, {"date_from": "2026-03-01", "date_to": "2026-03-10", "group_by": "week"})

    assert rows(response) == [
        ("2026-02-23", 1, 2, "20.00", "8.00", "12.00", "20.00"),
        ("2026-03-02", 1, 2, "17.00", "4.00", "13.00", "17.00"),
        ("2026-03-09", 0, -1, "-10.00", "-4.00", "-6.00", "0.00"),
    ]


@pytest.mark.usefixtures("_sold")
def test_by_month_counts_only_days_of_the_range(analyst: APIClient) -> None:
    response = analyst.get(ADDRESS, {"date_from": "2026-03-02", "date_to": "2026-04-30", "group_by": "month"})

    assert rows(response) == [
        ("2026-03-01", 1, 1, "7.00", "0.00", "7.00", "7.00"),
        ("2026-04-01", 1, 1, "10.00", "4.00", "6.00", "10.00"),
    ]


@pytest.mark.usefixtures("_sold")
@pytest.mark.parametrize("subject", [{"product": "shirt"}, {"category": "clothes"}])
def test_of_one_product_or_category(analyst: APIClient, subject: dict[str, str]) -> None:
    whole_range = {"date_from": "2026-03-01", "date_to": "2026-04-30", "group_by": "month"}

    response = analyst.get(ADDRESS, {**whole_range, **subject})

    assert rows(response) == [
        ("2026-03-01", 2, 2, "20.00", "8.00", "12.00", "10.00"),
        ("2026-04-01", 1, 1, "10.00", "4.00", "6.00", "10.00"),
    ]


@pytest.mark.usefixtures("_sold")
def test_csv_is_streamed_and_runs_no_formula(analyst: APIClient) -> None:
    asked = {"date_from": "2026-03-01", "date_to": "2026-03-10", "group_by": "week", "product": "shirt"}

    response = analyst.get(ADDRESS, asked, headers={"Accept": "text/csv"})

    assert response.status_code == 200
    assert response.streaming
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="sales-2026-03-01-2026-03-10.csv"'
    assert response["Cache-Control"] == "no-store"
    assert list(csv.reader(io.StringIO(response.getvalue().decode()))) == [
        ["date", "orders", "items", "revenue", "cost", "profit", "currency", "subject", "average_order"],
        ["2026-02-23", "1", "2", "20.00", "8.00", "12.00", "USD", "'=HYPERLINK(1)", "20.00"],
        ["2026-03-02", "1", "1", "10.00", "4.00", "6.00", "USD", "'=HYPERLINK(1)", "10.00"],
        ["2026-03-09", "0", "-1", "-10.00", "-4.00", "-6.00", "USD", "'=HYPERLINK(1)", "0.00"],
    ]


@pytest.mark.usefixtures("_sold")
def test_beside_the_range_before(analyst: APIClient) -> None:
    asked = {"date_from": "2026-03-02", "date_to": "2026-03-03", "compare": "previous"}

    body = analyst.get(ADDRESS, asked).json()

    assert [row["orders"] for row in body["results"]] == [1, 0]
    assert body["previous"] == {
        "date_from": "2026-02-28",
        "date_to": "2026-03-01",
        "results": [
            named("2026-02-28", 0, 0, "0.00", "0.00", "0.00", "0.00"),
            named("2026-03-01", 1, 2, "20.00", "8.00", "12.00", "20.00"),
        ],
    }


@pytest.mark.usefixtures("_sold")
def test_csv_beside_the_range_before(analyst: APIClient) -> None:
    asked = {"date_from": "2026-03-02", "date_to": "2026-03-02", "compare": "previous"}

    response = analyst.get(ADDRESS, asked, headers={"Accept": "text/csv"})

    assert response.getvalue().decode().splitlines() == [
        "date,orders,items,revenue,cost,profit,currency,subject,average_order,range",
        "2026-03-01,1,2,20.00,8.00,12.00,USD,,20.00,previous",
        "2026-03-02,1,2,17.00,4.00,13.00,USD,,17.00,current",
    ]


@pytest.mark.usefixtures("_sold")
@pytest.mark.parametrize(
    ("asked", "named_as", "orders"),
    [
        ({"country": "us"}, {"country": "US"}, 3),
        ({"country": "DE"}, {"country": "DE"}, 0),
        ({"coupon": "save1"}, {"coupon": "SAVE1"}, 1),
        ({"coupon": "unused"}, {"coupon": "UNUSED"}, 0),
    ],
)
def test_of_one_country_or_coupon(
    analyst: APIClient, asked: dict[str, str], named_as: dict[str, str], orders: int
) -> None:
    CouponFactory.create(code="Unused")
    Order.objects.filter(created_at=at(3, 1)).update(coupon_code="Save1")
    count_2026()

    body = analyst.get(ADDRESS, {"date_from": "2026-03-01", "date_to": "2026-04-30", **asked}).json()

    assert named_as.items() <= body.items()
    assert sum(row["orders"] for row in body["results"]) == orders


@pytest.mark.parametrize("accept", ["application/xml", "text/html", "image/png"])
def test_other_formats_are_not_acceptable(analyst: APIClient, accept: str) -> None:
    response = analyst.get(ADDRESS, headers={"Accept": accept})

    assert response.status_code == 406
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "not_acceptable"


def test_problem_stays_a_problem_document_where_csv_is_asked_for(analyst: APIClient) -> None:
    response = analyst.get(ADDRESS, {"group_by": "year"}, headers={"Accept": "text/csv"})

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["errors"][0]["field"] == "group_by"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"group_by": "hour"}, "group_by"),
        ({"product": "no-such"}, "product"),
        ({"category": "no-such"}, "category"),
        ({"product": "shirt", "category": "clothes"}, "category"),
        ({"product": "shirt", "country": "DE"}, "country"),
        ({"country": "Germany"}, "country"),
        ({"coupon": "no-such"}, "coupon"),
        ({"compare": "next"}, "compare"),
        ({"date_from": "1999-01-01", "date_to": "2026-01-01"}, "date_from"),
    ],
)
def test_bad_query_is_refused(analyst: APIClient, shirt: Product, query: dict[str, str], field: str) -> None:
    response = analyst.get(ADDRESS, query)

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_longest_range_is_answered(analyst: APIClient) -> None:
    response = analyst.get(ADDRESS, {"date_from": "2016-01-01", "date_to": "2025-12-31"})

    assert len(rows(response)) == 3_653


def test_who_may_read_it(guest: APIClient, user_client: APIClient) -> None:
    assert guest.get(ADDRESS).status_code == 401
    assert user_client.get(ADDRESS).status_code == 403
