"""The pages of the reports beside that of sales."""

import re
from decimal import Decimal

import pytest
from django.test import Client

from analytics.reports.tables import REPORTS
from orders.models import Order
from products.models import Product
from tests.analytics.conftest import at, count_2026
from tests.factories.analytics import paid_order
from tests.factories.authentication import UserFactory, grant
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db

BASE = "/admin/analytics/salesaggregate/report/"
MARCH = {"date_from": "2026-03-01", "date_to": "2026-03-31"}


@pytest.fixture
def lamp() -> Product:
    return ProductFactory.create(name="Lamp", price=Decimal("1250.00"), stock=9)


@pytest.fixture
def _sold(lamp: Product) -> None:
    for day, email in ((1, "ada@example.com"), (2, "ada@example.com"), (2, "bob@example.com")):
        order = paid_order((lamp, 1), at=at(3, day))
        Order.objects.filter(id=order.id).update(email=email, user=None, coupon_code="SPRING")
    count_2026()


def text(client: Client, name: str, /, **query: str) -> str:
    response = client.get(f"{BASE}{name}/", {**MARCH, **query})
    assert response.status_code == 200
    return " ".join(response.content.decode().replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.mark.usefixtures("_sold")
@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_every_report_has_a_page_with_its_table_and_csv(admin_client: Client, report: object) -> None:
    name = report.name  # type: ignore[attr-defined]

    html = text(admin_client, name)

    assert f'href="{BASE}{name}/?date_from=2026-03-01&amp;date_to=2026-03-31" class="an-on" aria-current="page"' in html
    download = re.search(r'id="csv" href="([^"]+)"', html)
    assert download is not None
    csv = admin_client.get(f"{BASE}{name}/{download[1].replace('&amp;', '&')}")
    assert csv["Content-Disposition"] == f'attachment; filename="{name}-2026-03-01-2026-03-31.csv"'
    assert csv.getvalue().decode().startswith(report.csv_header()[0])  # type: ignore[attr-defined]


@pytest.mark.usefixtures("_sold")
def test_rows_lead_to_what_they_are_about(admin_client: Client, lamp: Product) -> None:
    top = text(admin_client, "top-products")
    coupons = text(admin_client, "top-coupons")

    assert f'<a class="an-name" href="/admin/products/product/{lamp.id}/change/">Lamp</a>' in top
    assert "3,750.00 USD" in top
    sales = "/admin/analytics/salesaggregate/report/?date_from=2026-03-01&amp;date_to=2026-03-31&amp;coupon=SPRING"
    assert f'href="{sales}"' in coupons
    assert "3,750.00 USD" in admin_client.get(sales.replace("&amp;", "&")).content.decode().replace(
        "\N{NO-BREAK SPACE}", " "
    )


@pytest.mark.usefixtures("_sold")
def test_new_and_returning_customers(admin_client: Client) -> None:
    html = text(admin_client, "customers", group_by="week")

    assert "Week of 2 Mar 2026: 1 new, 1 returning" in html
    assert "33.3 %" in html
    csv = admin_client.get(f"{BASE}customers/", {**MARCH, "group_by": "month", "format": "csv"})
    assert csv.getvalue().decode().splitlines()[1] == "2026-03-01,2,1,2500.00,1250.00,0.3333,USD"


@pytest.mark.usefixtures("_sold")
def test_sales_stand_beside_the_period_before(admin_client: Client) -> None:
    response = admin_client.get(BASE, {"date_from": "2026-03-02", "date_to": "2026-03-02"})
    html = response.content.decode().replace("\N{NO-BREAK SPACE}", " ")

    assert "+100 %" in html
    assert "1,250.00 USD before" in html
    assert html.count('class="an-bar-before"') == 1


def test_long_lists_have_pages(admin_client: Client) -> None:
    ProductFactory.create_batch(26, stock=1)

    first, second = text(admin_client, "dead-stock"), text(admin_client, "dead-stock", page="2")

    assert (first.count('class="an-name"'), second.count('class="an-name"')) == (25, 1)
    assert 'rel="next" href="?date_from=2026-03-01&amp;date_to=2026-03-31&amp;page=2"' in first


@pytest.mark.parametrize(
    ("page", "query", "said"),
    [
        ("dead-stock", {"date_from": "2026-02-30"}, "Enter a valid date."),
        ("top-products", {"by": "name"}, "Select a valid choice"),
        ("abandoned-carts", {"idle_hours": "0"}, "greater than or equal to 1"),
        ("customers", {"group_by": "hour"}, "Select a valid choice"),
    ],
)
def test_bad_question_is_explained(admin_client: Client, page: str, query: dict[str, str], said: str) -> None:
    html = text(admin_client, page, **query)

    assert said in html
    assert 'id="csv"' not in html


@pytest.mark.parametrize(
    ("query", "said"),
    [({"country": "XX"}, "Not a country code"), ({"country": "DE", "coupon": "A"}, "Choose one of")],
)
def test_sales_of_what_does_not_exist(admin_client: Client, query: dict[str, str], said: str) -> None:
    assert said in admin_client.get(BASE, query).content.decode()


def test_unknown_report(admin_client: Client) -> None:
    assert admin_client.get(f"{BASE}nothing/").status_code == 404


@pytest.mark.parametrize("page", ["customers", "top-products"])
def test_needs_its_permission(page: str) -> None:
    user = UserFactory.create(is_staff=True)
    client = Client()
    client.force_login(user)
    assert client.get(f"{BASE}{page}/").status_code == 403

    grant(user, "analytics.view_salesaggregate")

    assert client.get(f"{BASE}{page}/").status_code == 200
