"""The first page of the admin site."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from analytics import days
from analytics.services import aggregates
from common.models import Backup
from orders.models import Order
from tests.factories.analytics import paid_order
from tests.factories.authentication import UserFactory, grant
from tests.factories.payments import PaymentFactory
from tests.factories.products import ImageFactory, ProductFactory, ReviewFactory

pytestmark = pytest.mark.django_db


def page(client: Client) -> str:
    response = client.get("/admin/")
    assert response.status_code == 200
    return " ".join(response.content.decode().replace("\N{NO-BREAK SPACE}", " ").split())


def signed_in(*permissions: str) -> Client:
    user = UserFactory.create(is_staff=True, is_staff_member=True)
    grant(user, *permissions)
    client = Client()
    client.force_login(user)
    return client


def test_tells_of_sales_and_of_what_waits(admin_client: Client) -> None:
    lamp = ProductFactory.create(name="Lamp", price=Decimal("1250.00"), stock=100)
    ProductFactory.create(name="Nearly gone", stock=1)
    ProductFactory.create(name="All gone", stock=0)
    order = paid_order((lamp, 2), at=timezone.now())
    Order.objects.filter(id=order.id).update(status="confirmed")
    yesterday = paid_order((lamp, 1), at=timezone.now() - timedelta(days=1))
    Order.objects.filter(id=yesterday.id).update(status="shipped")
    ReviewFactory.create()
    list(aggregates.rebuild(first=days.today() - timedelta(days=2), last=days.today()))

    html = page(admin_client)

    assert "2,500.00 USD" in html
    assert "1,250.00 USD yesterday" in html
    assert "3,750.00 USD · 2 orders" in html
    assert f"/admin/products/product/{lamp.id}/change/" in html
    assert f"/admin/orders/order/{order.id}/change/" in html
    assert f"/admin/orders/order/{yesterday.id}/change/" not in html
    assert "Nearly gone" in html
    assert "All gone" not in html
    for link in (
        "/admin/orders/order/?status__in=confirmed%2Cprocessing",
        "/admin/products/product/?level=low&amp;is_active__exact=1&amp;is_discontinued__exact=0",
        "/admin/products/product/?level=out&amp;is_active__exact=1&amp;is_discontinued__exact=0",
        "/admin/products/productreview/?moderation=waiting",
    ):
        assert f'href="{link}"' in html
        assert admin_client.get(link.replace("&amp;", "&")).status_code == 200


def test_top_products_show_their_pictures_and_the_chart_has_a_table(admin_client: Client) -> None:
    lamp = ProductFactory.create(name="Lamp", price=Decimal("10.00"))
    picture = ImageFactory.create(product=lamp)
    paid_order((lamp, 2), at=timezone.now())
    list(aggregates.rebuild(first=days.today(), last=days.today()))

    html = page(admin_client)

    assert f'<img src="{picture.image.url}" alt="" width="40" height="40"' in html
    assert html.count('<td class="an-number">1</td><td class="an-number">20.00 USD</td>') == 1


def test_tells_of_payments_and_of_what_operates_the_shop(admin_client: Client) -> None:
    unanswered = PaymentFactory.create(status="unknown")
    transfer = PaymentFactory.create(payment_method="manual")
    PaymentFactory.create(status="succeeded")
    PaymentFactory.create(status="pending")
    Backup.objects.create(name="a", place="/b", taken_at=timezone.now() - timedelta(hours=3), bytes=1, sha256="")
    aggregates.mark_day_changed(day=days.today())

    html = page(admin_client)
    today = days.today()
    of_today = f"created_at__year={today.year}&created_at__month={today.month}&created_at__day={today.day}"

    for shown in ("no answer", "transfer to book", "3 hours ago", "not verified yet", "1 days wait to be counted"):
        assert shown in html
    assert f"/admin/payments/payment/{transfer.id}/change/" in html
    for link in (
        "/admin/payments/payment/?attention=yes",
        "/admin/payments/dispute/?closed_at__isempty=1",
        "/admin/common/backup/",
        "/admin/analytics/aggregatedday/",
        "/admin/payments/refund/?status__exact=failed",
        f"/admin/orders/order/?{of_today}",
    ):
        assert f'href="{link.replace("&", "&amp;")}"' in html
        assert admin_client.get(link).status_code == 200
    listed = admin_client.get("/admin/payments/payment/?attention=yes").context["cl"].queryset
    assert list(listed.order_by("id")) == [unanswered, transfer]


def test_backup_that_does_not_restore_stands_out(admin_client: Client) -> None:
    assert "None yet" in page(admin_client)

    Backup.objects.create(name="a", place="/b", taken_at=timezone.now(), bytes=1, sha256="", problem="broken")

    assert "does not restore" in page(admin_client)


def test_empty_shop(admin_client: Client) -> None:
    html = page(admin_client)

    assert "No sales yet." in html
    assert "Everything paid is on its way." in html
    assert "Nothing is running out." in html


@pytest.mark.parametrize(
    ("permission", "shown", "hidden"),
    [
        ("analytics.view_salesaggregate", "Revenue today", "Orders to ship"),
        ("orders.view_order", "Orders to ship", "Low stock"),
        ("products.view_product", "Low stock", "Revenue today"),
    ],
)
def test_shows_only_what_the_user_may_see(permission: str, shown: str, hidden: str) -> None:
    html = page(signed_in(permission))

    assert shown in html
    assert hidden not in html


def test_sidebar_names_only_what_the_user_may_see() -> None:
    html = page(signed_in("orders.view_order"))

    assert 'href="/admin/orders/order/"' in html
    assert 'href="/admin/products/product/"' not in html
    assert 'href="/admin/analytics/salesaggregate/report/"' not in html


def test_page_loads_nothing_from_elsewhere(admin_client: Client) -> None:
    html = page(admin_client)

    assert 'src="http' not in html
    assert 'src="//' not in html
    assert "<link" in html
    assert 'rel="stylesheet" href="http' not in html
