"""The lists of analytics in the admin site, and its sales report."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from analytics.models import AggregatedDay, ProductView, SalesAggregate
from tests.analytics.conftest import at, count_2026
from tests.factories.analytics import ProductViewFactory, paid_order, refunded
from tests.factories.authentication import UserFactory, grant
from tests.factories.products import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db

REPORT = "/admin/analytics/salesaggregate/report/"


@pytest.fixture
def _sold() -> None:
    lamps = CategoryFactory.create(slug="lamps", name="=Lamps")
    lamp = ProductFactory.create(name="Lamp", price=Decimal("10.00"), cost_price=Decimal("4.00"), categories=[lamps])
    paid_order((lamp, 2), at=at(3, 1))
    order = paid_order((ProductFactory.create(name="Mug", price=Decimal("7.00")), 1), at=at(3, 2))
    refunded(order.items.get(), at=at(3, 3), amount=Decimal("7.00"), quantity=1)
    count_2026()


def text(client: Client, **query: str) -> str:
    response = client.get(REPORT, query)
    assert response.status_code == 200
    return response.content.decode().replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.usefixtures("_sold")
def test_report_shows_totals_chart_best_sellers_and_periods(admin_client: Client) -> None:
    html = text(admin_client, date_from="2026-03-01", date_to="2026-03-31", group_by="week")

    assert "20.00 USD" in html
    assert "12.00 USD" in html
    assert html.count('class="an-bar"') == 6
    assert "Mon 2 Mar 2026: 0.00 USD, 1 orders, 0 items" in html
    assert "Week of 23 Feb 2026" in html
    assert html.index("Lamp</a>") < html.index("Mug</a>")


@pytest.mark.usefixtures("_sold")
def test_report_of_one_category(admin_client: Client) -> None:
    html = text(admin_client, date_from="2026-03-01", date_to="2026-03-31", group_by="month", category="lamps")

    assert "March 2026" in html
    assert "Best sellers" not in html


@pytest.mark.usefixtures("_sold")
def test_report_as_csv(admin_client: Client) -> None:
    asked = {"date_from": "2026-03-01", "date_to": "2026-03-03", "category": "lamps", "format": "csv"}

    response = admin_client.get(REPORT, asked)

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert list(csv.reader(io.StringIO(response.getvalue().decode()))) == [
        ["date", "orders", "items", "revenue", "cost", "profit", "currency", "subject", "average_order"],
        ["2026-03-01", "1", "2", "20.00", "8.00", "12.00", "USD", "'=Lamps", "20.00"],
        ["2026-03-02", "0", "0", "0.00", "0.00", "0.00", "USD", "'=Lamps", "0.00"],
        ["2026-03-03", "0", "0", "0.00", "0.00", "0.00", "USD", "'=Lamps", "0.00"],
    ]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"date_from": "2026-02-30"}, "Enter a valid date."),
        ({"date_from": "2026-02-02", "date_to": "2026-02-01"}, "does not end before it begins"),
        ({"date_from": "0001-01-01"}, "Days range from"),
        ({"date_to": "9999-12-31"}, "Days range from"),
        ({"group_by": "hour"}, "Select a valid choice"),
        ({"category": "nothing-here"}, "Select a valid choice"),
        ({"date_from": "2026-02-30", "format": "csv"}, "Enter a valid date."),
    ],
)
def test_bad_question_is_explained(admin_client: Client, query: dict[str, str], said: str) -> None:
    assert said in text(admin_client, **query)


def test_report_needs_its_permission() -> None:
    user = UserFactory.create(is_staff=True)
    client = Client()
    client.force_login(user)
    assert client.get(REPORT).status_code == 403

    grant(user, "analytics.view_salesaggregate")

    assert client.get(REPORT).status_code == 200


@pytest.mark.usefixtures("_sold")
@pytest.mark.parametrize(
    ("query", "count"),
    [({}, 7), ({"about": "total"}, 3), ({"about": "product"}, 3), ({"about": "category"}, 1), ({"q": "Mug"}, 2)],
)
def test_list_of_aggregates(admin_client: Client, query: dict[str, str], count: int) -> None:
    response = admin_client.get("/admin/analytics/salesaggregate/", query)

    assert response.status_code == 200
    assert response.context["cl"].result_count == count


def test_lists_are_to_look_at(admin_client: Client) -> None:
    view = ProductViewFactory.create()
    aggregate = SalesAggregate.objects.create(date=at(3, 1).date())
    day = AggregatedDay.objects.create(date=at(3, 1).date(), computed_at=timezone.now() + timedelta(hours=1))
    for name, row in (("productview", view), ("salesaggregate", aggregate), ("aggregatedday", day)):
        assert admin_client.get(f"/admin/analytics/{name}/").status_code == 200
        assert admin_client.get(f"/admin/analytics/{name}/{row.pk}/change/").status_code == 200
        assert admin_client.get(f"/admin/analytics/{name}/add/").status_code == 403
        assert admin_client.post(f"/admin/analytics/{name}/{row.pk}/change/", {}).status_code == 403
        assert admin_client.post(f"/admin/analytics/{name}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert ProductView.objects.count() == 1
