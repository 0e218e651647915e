"""Low stock is told to staff once per fall, in one mail for all that fell."""

import pytest
from django.core.management import call_command
from pytest_django import Settings

from common.models import ImportBatch, Mail
from products.models import Product, ProductVariation, StockAlert
from products.services import stock, stock_alerts
from products.services.stock import StockKey
from products.tasks import refresh_stock_alerts
from tests.factories.products import ProductFactory, VariationFactory
from tests.imports.conftest import WriteFile, write_file

pytestmark = pytest.mark.django_db

__all__ = ["write_file"]


@pytest.fixture(autouse=True)
def _recipients(settings: Settings) -> None:
    settings.STOCK_ALERT_EMAILS = ["stock@example.com", "boss@example.com"]


def move(thing: Product | ProductVariation, delta: int) -> None:
    key = StockKey(thing.id, None) if isinstance(thing, Product) else StockKey(thing.product_id, thing.id)
    stock.adjust(key=key, delta=delta, note="Counted")


def test_all_that_fell_is_told_in_one_mail() -> None:
    lamp = ProductFactory.create(name="Lamp", sku="LAMP", stock=11)
    small = VariationFactory.create(sku="V-S", value="S", stock=11)
    ProductFactory.create(name="Plenty", stock=11)
    ProductFactory.create(name="Draft", stock=0, is_active=False)
    VariationFactory.create(product=small.product, value="L", stock=0, is_active=False)
    refresh_stock_alerts()
    assert not Mail.objects.exists()
    move(lamp, -1)
    move(small, -9)

    refresh_stock_alerts()
    refresh_stock_alerts()

    told = Mail.objects.get()
    assert (told.recipient, told.is_internal) == ("stock@example.com, boss@example.com", True)
    assert told.subject == "Low stock: 2 levels fell to the alert level"
    assert told.text_body.splitlines()[:2] == [
        f"{small.product.name} (Size: S) (V-S): 2 left, alert level 10",
        "Lamp (LAMP): 10 left, alert level 10",
    ]


def test_a_level_is_told_again_only_after_it_recovered() -> None:
    lamp = ProductFactory.create(stock=9)
    refresh_stock_alerts()
    move(lamp, -1)
    refresh_stock_alerts()
    assert Mail.objects.count() == 1

    move(lamp, 20)
    refresh_stock_alerts()
    assert not StockAlert.objects.exists()
    move(lamp, -20)
    refresh_stock_alerts()

    assert Mail.objects.count() == 2


def test_a_feed_is_seen_like_a_sale(write_file: WriteFile) -> None:
    ProductFactory.create(sku="LAMP", stock=20)
    call_command("import_inventory", str(write_file("sku,delta", "LAMP,-15")))

    refresh_stock_alerts()

    assert StockAlert.objects.get().level == 5


def test_an_alert_goes_with_what_an_undo_deletes(write_file: WriteFile) -> None:
    ProductFactory.create(sku="OWN", stock=0)
    refresh_stock_alerts()
    header = "sku,parent_sku,name,price,option_name,option_value,stock_quantity"
    rows = ("NEW,,New,5,,,1", "OWN-S,OWN,,,Size,S,2")
    call_command("import_products", str(write_file(header, *rows)))
    refresh_stock_alerts()
    assert StockAlert.objects.count() == 2

    call_command("import_undo", str(ImportBatch.objects.get().pk))

    assert not StockAlert.objects.exists()
    assert list(Product.objects.values_list("sku", flat=True)) == ["OWN"]


def test_a_long_list_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock_alerts, "MOST_LINES", 2)
    for level in (1, 2, 3):
        ProductFactory.create(stock=level)

    refresh_stock_alerts()

    told = Mail.objects.get()
    assert told.text_body.count(" left, ") == 2
    assert "And 1 more." in told.text_body


def test_without_recipients_nothing_is_lost(settings: Settings) -> None:
    settings.STOCK_ALERT_EMAILS = []
    ProductFactory.create(stock=1)
    refresh_stock_alerts()
    assert not Mail.objects.exists()

    settings.STOCK_ALERT_EMAILS = ["stock@example.com"]
    refresh_stock_alerts()

    assert Mail.objects.count() == 1
