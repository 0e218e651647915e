"""Past prices: every change leaves its period, whatever made it, and a reduction is measured by the right one."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from authentication.models import User
from products import tasks
from products.models import PastPrice, Product, ProductVariation
from products.services import products, stock, variations
from products.services.prices import drop_old_prices
from products.services.stock import StockKey
from tests.factories.products import ProductFactory, VariationFactory

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/api/v1/products/boot/"


@pytest.fixture
def boot() -> Product:
    product = ProductFactory.create(slug="boot", sku="BOOT", price=Decimal("50.00"), stock=0)
    days_pass(100)
    return product


def days_pass(days: int) -> None:
    """Put all that happened so many days back."""
    span = timedelta(days=days)
    Product.objects.update(created_at=F("created_at") - span)
    PastPrice.objects.update(to_at=F("to_at") - span, from_at=F("from_at") - span)


def price(product: Product, to: str) -> None:
    products.update_product(product_id=product.id, fields={"price": Decimal(to)})


def lowest(guest: APIClient) -> str | None:
    shown: str | None = guest.get(URL).json()["lowest_price_30_days"]
    return shown


def amounts() -> list[str]:
    return [str(amount) for amount in PastPrice.objects.order_by("to_at", "id").values_list("amount", flat=True)]


def by_api(_: Product, clerk: APIClient, __: Path) -> None:
    assert clerk.patch(URL, {"price": "40.00"}).status_code == 200


def by_import(_: Product, __: APIClient, folder: Path) -> None:
    file = folder / "prices.csv"
    file.write_text("sku,price\nBOOT,40.00\n")
    call_command("import_products", str(file))


def by_sql(_: Product, __: APIClient, ___: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE products_product SET price = 40 WHERE slug = 'boot'")


def by_admin(product: Product, _: APIClient, __: Path) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("boss@example.com", "boss@example.com", "a-password"))
    page = reverse("admin:products_product_change", args=[product.id])
    parts = ("images", "variations", "productcategory_set")
    forms = {f"{part}-{count}_FORMS": "0" for part in parts for count in ("TOTAL", "INITIAL")}
    fields = {"name": "Boot", "slug": "boot", "sku": "BOOT", "low_stock_threshold": "1", "description": "x"}
    assert client.post(page, {**forms, **fields, "price": "40.00", "is_active": "on"}).status_code == 302


Door = Callable[[Product, APIClient, Path], None]


@pytest.mark.parametrize("door", [by_api, by_admin, by_import, by_sql])
def test_every_door_leaves_the_period_of_the_price_before(
    boot: Product, clerk: APIClient, tmp_path: Path, door: Door
) -> None:
    door(boot, clerk, tmp_path)

    boot.refresh_from_db()
    assert boot.price == Decimal("40.00")
    past = PastPrice.objects.get()
    assert (past.product_id, past.variation_id, past.amount) == (boot.id, None, Decimal("50.00"))
    assert past.from_at == boot.created_at


def test_periods_follow_each_other(boot: Product) -> None:
    for to in ("45.00", "48.00", "40.00"):
        price(boot, to)

    rows = list(PastPrice.objects.order_by("to_at"))
    assert [row.amount for row in rows] == [Decimal(each) for each in ("50.00", "45.00", "48.00")]
    assert all(later.from_at == earlier.to_at for earlier, later in pairwise(rows))


def test_only_a_change_of_price_is_kept(boot: Product, clerk: APIClient) -> None:
    clerk.patch(URL, {"name": "Boots", "price": "50.00"})
    stock.adjust(key=StockKey(boot.id, None), delta=3, note="Counted")

    assert amounts() == []


def test_a_price_that_only_its_transaction_saw_leaves_no_trace(boot: Product) -> None:
    with transaction.atomic():
        price(boot, "1.00")
        price(boot, "45.00")
        new = ProductFactory.create(price=Decimal("9.00"))
        price(new, "8.00")

    assert amounts() == ["50.00"]


def test_a_price_that_came_while_another_change_waited_keeps_its_period(boot: Product) -> None:
    """The one that waits began first; its start must not end the other's price before that began."""

    def overtake() -> None:
        price(boot, "45.00")
        connection.close()

    with transaction.atomic():
        Product.objects.count()  # the transaction's clock stands still from here on
        sleep(0.01)
        other = Thread(target=overtake)
        other.start()
        other.join()
        price(boot, "40.00")

    first, second = PastPrice.objects.order_by("to_at")
    assert (first.amount, second.amount) == (Decimal("50.00"), Decimal("45.00"))
    assert second.from_at == first.to_at
    assert second.to_at > first.to_at


def test_adjustments_of_variations_are_kept_too(boot: Product) -> None:
    variation = VariationFactory.create(product=boot)
    for adjustment in ("5.00", "3.00"):
        variations.update_variation(
            product_id=boot.id, variation_id=variation.id, fields={"price_adjustment": Decimal(adjustment)}
        )

    first, second = PastPrice.objects.order_by("to_at")
    assert (first.variation_id, first.amount, first.from_at) == (variation.id, Decimal("0.00"), None)
    assert (second.amount, second.from_at) == (Decimal("5.00"), first.to_at)


def test_a_price_that_never_fell_shows_none(guest: APIClient, boot: Product) -> None:
    assert lowest(guest) is None

    price(boot, "60.00")

    assert lowest(guest) is None


def test_a_reduction_shows_the_lowest_price_of_the_thirty_days_before(guest: APIClient, boot: Product) -> None:
    price(boot, "20.00")
    days_pass(5)
    price(boot, "55.00")
    days_pass(31)
    price(boot, "45.00")
    days_pass(10)
    price(boot, "60.00")
    days_pass(10)
    price(boot, "44.00")

    assert lowest(guest) == "45.00"  # not 20, which ended more than 30 days before


def test_the_price_that_was_in_force_when_the_thirty_days_began_counts(guest: APIClient, boot: Product) -> None:
    price(boot, "30.00")
    days_pass(40)
    price(boot, "60.00")
    days_pass(29)
    price(boot, "40.00")

    assert lowest(guest) == "30.00"


def test_it_stays_what_it_was_when_the_price_fell(guest: APIClient, boot: Product) -> None:
    price(boot, "40.00")
    days_pass(400)

    assert lowest(guest) == "50.00"


def test_a_rise_ends_the_reduction(guest: APIClient, boot: Product) -> None:
    price(boot, "40.00")
    price(boot, "41.00")

    assert lowest(guest) is None


def test_a_variation_has_a_prior_price_of_its_own(guest: APIClient, boot: Product) -> None:
    cheap = VariationFactory.create(product=boot, price_adjustment=Decimal("-5.00"))
    dear = VariationFactory.create(product=boot, price_adjustment=Decimal("10.00"))
    ProductVariation.objects.filter(id=dear.id).update(price_adjustment=Decimal("5.00"))
    days_pass(10)
    price(boot, "52.00")
    days_pass(10)
    price(boot, "48.00")

    body = guest.get(URL).json()

    assert body["lowest_price_30_days"] == "50.00"
    shown = {each["id"]: (each["price"], each["lowest_price_30_days"]) for each in body["variations"]}
    assert shown == {cheap.id: ("43.00", "45.00"), dear.id: ("53.00", "55.00")}


def test_an_adjustment_that_outweighs_the_price_is_no_reduction(guest: APIClient, boot: Product) -> None:
    variation = VariationFactory.create(product=boot)
    days_pass(10)
    price(boot, "45.00")
    ProductVariation.objects.filter(id=variation.id).update(price_adjustment=Decimal("10.00"))

    (shown,) = guest.get(URL).json()["variations"]

    assert (shown["price"], shown["lowest_price_30_days"]) == ("55.00", None)


def test_staff_read_the_history(clerk: APIClient, client_for: Any, boot: Product) -> None:
    price(boot, "45.00")
    price(boot, "40.00")

    body = clerk.get(f"{URL}prices/").json()

    assert [(each["amount"], each["variation"]) for each in body["results"]] == [("45.00", None), ("50.00", None)]
    assert set(body["results"][0]) == {"variation", "amount", "currency", "from_at", "to_at"}


def test_the_admin_shows_the_ledger_and_the_prior_price(boot: Product) -> None:
    price(boot, "45.00")
    client = Client()
    client.force_login(User.objects.create_superuser("boss@example.com", "boss@example.com", "a-password"))

    ledger = client.get(reverse("admin:products_pastprice_changelist")).content.decode()
    page = client.get(reverse("admin:products_product_change", args=[boot.id])).content.decode()

    assert "50.00" in ledger
    assert "Lowest price of the 30 days before its reduction" in page


def test_old_prices_go_but_not_what_a_reduction_is_measured_by(guest: APIClient, boot: Product) -> None:
    for to in ("20.00", "30.00", "60.00"):
        price(boot, to)
        days_pass(20)
    price(boot, "40.00")
    days_pass(800)
    before = lowest(guest)

    assert drop_old_prices() == 2
    tasks.drop_old_prices()  # may run twice

    assert amounts() == ["30.00", "60.00"]
    assert (before, lowest(guest)) == ("30.00", "30.00")


def test_what_is_younger_than_the_limit_stays(boot: Product) -> None:
    for to in ("20.00", "30.00"):
        price(boot, to)
        days_pass(100)

    assert drop_old_prices() == 0


def test_the_ledger_does_not_keep_a_variation_or_product_from_going(boot: Product) -> None:
    variation = VariationFactory.create(product=boot, stock=0)
    ProductVariation.objects.filter(id=variation.id).update(price_adjustment=Decimal("5.00"))
    price(boot, "45.00")

    boot.delete()

    assert amounts() == []
