"""GET analytics/summary/."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from tests.analytics.conftest import at, count_2026
from tests.factories.analytics import paid_order, refunded, viewed
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/analytics/summary/"


def test_range_stands_beside_the_range_before_it(analyst: APIClient) -> None:
    product = ProductFactory.create(price=Decimal("10.00"), cost_price=Decimal("4.00"))
    paid_order((product, 5), at=at(2, 28))
    paid_order((product, 1), at=at(3, 1))
    order = paid_order((product, 2), at=at(3, 31))
    paid_order((product, 9), at=at(4, 1))
    refunded(order.items.get(), at=at(3, 31), amount=Decimal("2.50"))
    for visitor in ("a", "a", "b", "c"):
        viewed(product, at=at(3, 5), session_id=visitor)
    count_2026()

    response = analyst.get(ADDRESS, {"date_from": "2026-03-01", "date_to": "2026-03-31"})

    assert response.status_code == 200
    assert response.json() == {
        "current": {
            "date_from": "2026-03-01",
            "date_to": "2026-03-31",
            "revenue": "27.50",
            "cost": "12.00",
            "profit": "15.50",
            "orders": 2,
            "items": 3,
            "average_order": "13.75",
            "visitors": 3,
            "conversion": 0.6667,
            "currency": "USD",
        },
        "previous": {
            "date_from": "2026-01-29",
            "date_to": "2026-02-28",
            "revenue": "50.00",
            "cost": "20.00",
            "profit": "30.00",
            "orders": 1,
            "items": 5,
            "average_order": "50.00",
            "visitors": 0,
            "conversion": None,
            "currency": "USD",
        },
    }


def test_without_a_range_the_last_thirty_days(analyst: APIClient) -> None:
    current = analyst.get(ADDRESS).json()["current"]

    first, last = date.fromisoformat(current["date_from"]), date.fromisoformat(current["date_to"])
    assert last - first == timedelta(days=29)
    assert (current["orders"], current["revenue"], current["average_order"]) == (0, "0.00", "0.00")


@pytest.mark.parametrize(
    ("date_from", "date_to", "field"),
    [
        ("2026-02-30", "2026-03-01", "date_from"),
        ("2026-01-01", "yesterday", "date_to"),
        ("2026-02-02", "2026-02-01", "date_to"),
        ("2010-01-01", "2026-01-01", "date_from"),
        ("0001-01-01", "0001-01-02", "date_from"),
        ("9999-12-01", "9999-12-31", "date_from"),
        ("", "2026-01-01", "date_from"),
        ("2026-01-01T00:00:00Z", "2026-01-01", "date_from"),
    ],
)
def test_bad_range_is_refused(analyst: APIClient, date_from: str, date_to: str, field: str) -> None:
    response = analyst.get(ADDRESS, {"date_from": date_from, "date_to": date_to})

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == field


def test_unknown_parameter_is_refused(analyst: APIClient) -> None:
    response = analyst.get(ADDRESS, {"from": "2026-01-01"})

    assert response.status_code == 400
    assert response.json()["code"] == "unknown_field"


def test_who_may_read_it(guest: APIClient, user_client: APIClient, superuser_client: APIClient) -> None:
    assert guest.get(ADDRESS).status_code == 401
    assert user_client.get(ADDRESS).status_code == 403
    assert superuser_client.get(ADDRESS).status_code == 200


def test_csv_has_a_line_for_the_range_and_one_for_the_range_before(analyst: APIClient) -> None:
    response = analyst.get(
        ADDRESS, {"date_from": "2026-03-02", "date_to": "2026-03-03"}, headers={"Accept": "text/csv"}
    )

    assert response["Content-Disposition"] == 'attachment; filename="summary-2026-03-02-2026-03-03.csv"'
    assert response.getvalue().decode().splitlines() == [
        "date_from,date_to,revenue,cost,profit,orders,items,average_order,visitors,conversion,currency",
        "2026-03-02,2026-03-03,0.00,0.00,0.00,0,0,0.00,0,,USD",
        "2026-02-28,2026-03-01,0.00,0.00,0.00,0,0,0.00,0,,USD",
    ]
