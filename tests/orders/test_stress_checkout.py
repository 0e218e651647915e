"""`manage.py stress_checkout`: few units, many buyers, the real web server, and an exit status that can be trusted."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from orders.models import Order
from products.models import Product
from tests.factories.shipping import ShippingMethodFactory
from tests.live import LiveShop, database_environment, running_shop


def _stress(stock: int, buyers: int, *options: str) -> str:
    out = StringIO()
    call_command("stress_checkout", f"--stock={stock}", f"--buyers={buyers}", *options, stdout=out)
    return out.getvalue()


def test_twenty_units_for_sixty(live_shop: LiveShop) -> None:
    ShippingMethodFactory.create()

    said = _stress(20, 60, "--concurrency=16", f"--url={live_shop.origin}")

    assert re.search(r"^sold +20$", said, re.MULTILINE)
    assert re.search(r"^409 +40 \(out_of_stock 40\)$", said, re.MULTILINE)
    assert re.search(r"^5xx +0$", said, re.MULTILINE)
    assert re.search(r"^rate +\d+ checkouts/s", said, re.MULTILINE)
    assert "The books are right." in said
    product = Product.objects.get()
    assert (product.stock_quantity, product.is_active) == (0, False)
    assert Order.objects.count() == 20


@pytest.mark.slow
@pytest.mark.bare_rows
def test_a_careless_shop_is_found_out(transactional_db: None) -> None:
    ShippingMethodFactory.create()

    with (
        running_shop(application="tests.concurrency.careless_wsgi:application", workers=2) as shop,
        pytest.raises(CommandError, match="oversold") as raised,
    ):
        _stress(5, 40, "--concurrency=16", f"--url={shop.origin}")

    assert raised.value.returncode == 1
    assert not Product.objects.get().is_active


def test_a_shop_on_another_database_is_refused(db: None, live_shop: LiveShop) -> None:
    ShippingMethodFactory.create()

    with pytest.raises(CommandError, match="does not show what this database holds"):
        _stress(1, 1, f"--url={live_shop.origin}/elsewhere")


def test_a_production_shop_is_left_alone(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orders.management.commands.stress_checkout.PRODUCTION", "config.settings.test")

    with pytest.raises(CommandError, match="--in-production"):
        _stress(1, 1)

    assert not Product.objects.exists()


def test_a_shop_that_ships_nowhere_is_refused(db: None) -> None:
    with pytest.raises(CommandError, match="No shipping method serves US"):
        _stress(1, 1, "--url=http://127.0.0.1:1")


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_five_hundred_units_for_two_thousand(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    ShippingMethodFactory.create()
    for name, value in database_environment().items():
        monkeypatch.setenv(name, value)

    said = _stress(500, 2000, "--concurrency=64")

    assert re.search(r"^sold +500$", said, re.MULTILINE)
    assert re.search(r"^409 +1500 \(out_of_stock 1500\)$", said, re.MULTILINE)
    assert re.search(r"^5xx +0$", said, re.MULTILINE)
    assert re.search(r"^deadlocks +0$", said, re.MULTILINE)
    print(said)  # noqa: T201 - the rate, with pytest -s
