"""`load_demo`: one full load, looked at from many sides; then what it refuses."""

from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db.models import Sum
from pytest_django import Settings
from rest_framework.test import APIClient

from analytics import days
from analytics.models import ProductView, SalesAggregate
from authentication.models import User
from common import integrity
from demo.people import LOGINS
from demo.services import load_demo
from orders.models import Coupon, Order, TaxRate
from products.models import Category, Product, ProductImage, ProductReview, ProductVariation
from shipping.services.quotes import shipping_options
from tests.factories.products import ProductFactory


@pytest.fixture
def demo_shop(db: None, settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    load_demo()


def test_a_demo_shop(demo_shop: None) -> None:
    """One load for all: it is the slow part."""
    _check_catalogue()
    _check_orders()
    _check_trade()
    _check_reports()
    _check_logins()
    assert [breach for result in integrity.run_checks() for breach in result.breaches] == []
    assert load_demo() is None
    assert Product.objects.count() == 1200


def _check_catalogue() -> None:
    assert Product.objects.count() == 1200
    assert ProductVariation.objects.count() == 2046
    assert ProductImage.objects.filter(is_featured=True).count() == 1200
    assert all(default_storage.exists(name) for name in ProductImage.objects.values_list("image", flat=True))
    assert set(Category.objects.filter(parent=None).values_list("name", flat=True)) == {
        *("Clothing", "Clothing Accessories", "Bags", "Jewelry", "Shoes"),
        *("Occasion", "Season", "Style", "Material", "Pattern"),
    }
    assert Product.objects.filter(stock_quantity=0).exists()
    assert ProductReview.objects.filter(is_approved=True, is_verified_purchase=True).count() > 50
    assert ProductReview.objects.filter(is_approved=False).count() == 6


def _check_orders() -> None:
    assert set(Order.objects.values_list("status", flat=True)) == set(Order.Status)
    placed = {days.day_of(at) for at in Order.objects.values_list("created_at", flat=True)}
    assert len(placed) == 60
    assert (days.today() - max(placed)).days == 1
    assert Order.objects.filter(user=None).count() > 20
    assert Order.objects.filter(user__email="demo@example.com").count() > 2


def _check_trade() -> None:
    options = shipping_options(country="US", state="CA", subtotal=Decimal(50))
    assert [(option.method.name, option.price) for option in options] == [
        ("Standard", Decimal("4.95")),
        ("Express", Decimal("12.95")),
    ]
    assert TaxRate.objects.count() == 1
    assert set(Coupon.objects.values_list("code", flat=True)) == {"WELCOME10", "FREESHIP"}


def _check_reports() -> None:
    paid = Order.objects.exclude(paid_at=None).count()
    totals = SalesAggregate.objects.totals()
    assert totals.aggregate(orders=Sum("order_count"))["orders"] == paid
    assert totals.filter(revenue__gt=0).count() >= 58
    assert ProductView.objects.count() > 1000


def _check_logins() -> None:
    for login in LOGINS:
        answer = APIClient().post("/api/v1/auth/token/", {"email": login.email, "password": login.password})
        assert answer.status_code == 200
    staff = User.objects.get(email="staff@example.com")
    assert (staff.is_staff, staff.is_staff_member, staff.is_superuser) == (True, True, False)
    assert staff.has_perms(["orders.change_order", "products.change_product", "analytics.view_salesaggregate"])


def test_the_command_says_who_can_log_in(demo_shop: None) -> None:
    out = StringIO()

    call_command("load_demo", stdout=out)

    assert out.getvalue().splitlines() == [
        "demo shop: the shop is in use already, nothing loaded",
        "  demo@example.com / demo-password (customer)",
        "  staff@example.com / demo-staff-password (staff, role Owner: API and /admin/)",
        "  admin@example.com / demo-admin-password (superuser: /admin/)",
    ]


def test_a_shop_in_use_is_left_alone(db: None) -> None:
    ProductFactory.create()
    out = StringIO()

    call_command("load_demo", stdout=out)

    assert out.getvalue() == "demo shop: the shop is in use already, nothing loaded\n"
    assert Product.objects.count() == 1
    assert not User.objects.exists()


def test_production_is_refused(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings.production")

    with pytest.raises(CommandError, match="development settings only"):
        call_command("load_demo", stdout=StringIO())

    assert not Product.objects.exists()
    assert not User.objects.exists()


def test_a_shop_without_the_dummy_gateway_is_refused(db: None, settings: Settings) -> None:
    settings.PAYMENT_GATEWAYS = ["manual"]

    with pytest.raises(CommandError, match="the dummy gateway enabled"):
        call_command("load_demo", stdout=StringIO())

    assert not Product.objects.exists()
