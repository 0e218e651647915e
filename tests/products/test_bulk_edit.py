"""The same change to many products at once, by service and in the admin: all of it or nothing, in few statements."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from authentication.models import User
from common.errors import InvalidInput
from products.errors import PricesChanged
from products.models import PastPrice, Product, ProductListing
from products.services import bulk
from products.services.bulk import Rounding, changed_price
from tests.factories.authentication import staff_user
from tests.factories.products import CategoryFactory, ProductFactory, VariationFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/products/product/"


def prices() -> list[str]:
    return [str(price) for price in Product.objects.order_by("id").values_list("price", flat=True)]


def ids() -> list[int]:
    return list(Product.objects.order_by("id").values_list("id", flat=True))


@pytest.mark.parametrize(
    ("price", "percent", "rounding", "expected"),
    [
        ("19.99", "10", Rounding.CENT, "21.99"),
        ("0.05", "-50", Rounding.CENT, "0.03"),
        ("19.99", "10", Rounding.TENTH, "22.00"),
        ("19.99", "-12.5", Rounding.WHOLE, "17.00"),
        ("19.50", "0", Rounding.WHOLE, "20.00"),
        ("20.00", "-4", Rounding.NINETY_NINE, "18.99"),
        ("20.00", "-2", Rounding.NINETY_NINE, "19.99"),
        ("0.10", "-99", Rounding.CENT, "0.01"),
        ("0.30", "0", Rounding.WHOLE, "1.00"),
        ("0.30", "0", Rounding.NINETY_NINE, "0.99"),
        ("0.00", "50", Rounding.NINETY_NINE, "0.00"),
    ],
)
def test_prices_are_rounded_half_up_and_never_to_nothing(
    price: str, percent: str, rounding: Rounding, expected: str
) -> None:
    assert str(changed_price(Decimal(price), Decimal(percent), rounding)) == expected


def test_prices_change_together() -> None:
    for price in ("10.00", "20.00", "0.00"):
        ProductFactory.create(price=Decimal(price))
    untouched = ProductFactory.create(price=Decimal("5.00"))

    changed = bulk.change_prices(product_ids=ids()[:3], percent=Decimal(-10), rounding=Rounding.CENT)

    assert changed == 2
    assert prices() == ["9.00", "18.00", "0.00", "5.00"]
    assert ProductListing.objects.get(product=untouched).version < ProductListing.objects.get(product=ids()[0]).version


def test_a_plan_that_is_overtaken_changes_nothing() -> None:
    ProductFactory.create_batch(2)
    plan = bulk.plan_prices(product_ids=ids(), percent=Decimal(10), rounding=Rounding.CENT)
    assert [(str(each.now), str(each.then)) for each in plan.changes] == [("10.00", "11.00")] * 2
    Product.objects.filter(id=ids()[0]).update(price=12)

    with pytest.raises(PricesChanged):
        bulk.change_prices(product_ids=ids(), percent=Decimal(10), rounding=Rounding.CENT, expected=plan.digest)

    assert prices() == ["12.00", "10.00"]


def test_one_price_out_of_range_stops_all() -> None:
    ProductFactory.create()
    VariationFactory.create(sku="CHEAP", price_adjustment=Decimal("-9.50"))

    with pytest.raises(InvalidInput, match="CHEAP"):
        bulk.change_prices(product_ids=ids(), percent=Decimal(-20), rounding=Rounding.CENT)

    assert prices() == ["10.00", "10.00"]
    Product.objects.filter(id=ids()[0]).update(price=Decimal("99999999.00"))
    with pytest.raises(InvalidInput, match="out of range"):
        bulk.plan_prices(product_ids=ids(), percent=Decimal(50), rounding=Rounding.CENT)


def test_products_enter_and_leave_a_category_together() -> None:
    sale = CategoryFactory.create()
    ProductFactory.create(categories=[sale])
    ProductFactory.create_batch(2)
    before = dict(ProductListing.objects.values_list("product_id", "version"))

    assert bulk.add_to_category(product_ids=ids(), category_id=sale.id) == 2
    assert sale.products.count() == 3
    grown = {pk for pk, version in ProductListing.objects.values_list("product_id", "version") if version > before[pk]}
    assert grown == set(ids()[1:])
    assert bulk.remove_from_category(product_ids=ids()[:2], category_id=sale.id) == 2
    assert list(sale.products.values_list("id", flat=True)) == [ids()[2]]
    with pytest.raises(InvalidInput, match="no such category"):
        bulk.add_to_category(product_ids=ids(), category_id=sale.id + 1)


def test_thresholds_change_together() -> None:
    ProductFactory.create_batch(2)
    Product.objects.filter(id=ids()[0]).update(low_stock_threshold=3)

    assert bulk.set_low_stock_threshold(product_ids=ids(), threshold=3) == 1

    assert set(Product.objects.values_list("low_stock_threshold", flat=True)) == {3}


def test_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MOST_PRODUCTS", 1)
    ProductFactory.create_batch(2)

    with pytest.raises(InvalidInput, match="At most 1"):
        bulk.set_low_stock_threshold(product_ids=ids(), threshold=3)


def test_many_cost_as_many_statements_as_few_and_are_locked_first() -> None:
    ProductFactory.create_batch(8)

    def statements(count: int) -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            bulk.change_prices(product_ids=ids()[:count], percent=Decimal(10), rounding=Rounding.CENT)
        return [query["sql"].strip() for query in captured]

    few, many = statements(2), statements(8)

    assert len(few) == len(many)
    writes = [number for number, sql in enumerate(many) if sql.startswith("UPDATE")]
    locks = [number for number, sql in enumerate(many) if "ORDER BY" in sql and "FOR NO KEY UPDATE" in sql]
    assert locks[0] < writes[0]


@pytest.fixture
def boss() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss@example.com", "boss@example.com", "a-password"))
    return client


def test_the_admin_asks_previews_and_changes_prices(boss: Client) -> None:
    ProductFactory.create(sku="BOOT")
    form: dict[str, Any] = {"action": "change_prices", "_selected_action": ids()}

    asked = boss.post(LIST, form).content.decode()
    assert "By how much" not in asked
    assert "Round to" in asked
    form |= {"percent": "-10", "rounding": "cent", "step": "ask"}
    shown = boss.post(LIST, form)
    assert prices() == ["10.00"]
    assert "BOOT" in shown.content.decode()
    assert "Change 1 price" in shown.content.decode()
    form |= {"step": "apply", "expected": shown.context["plan"].digest}
    assert boss.post(LIST, form).status_code == 302

    assert prices() == ["9.00"]


def test_the_admin_does_not_change_prices_that_nobody_previewed(boss: Client) -> None:
    ProductFactory.create()
    form = {"action": "change_prices", "_selected_action": ids(), "percent": "10", "rounding": "cent", "step": "ask"}
    digest = boss.post(LIST, form).context["plan"].digest
    Product.objects.update(price=50)

    answer = boss.post(LIST, {**form, "step": "apply", "expected": digest})

    assert "Prices have changed since the preview" in answer.content.decode()
    assert prices() == ["50.00"]


def test_the_admin_refuses_what_is_no_percentage(boss: Client) -> None:
    ProductFactory.create()
    form = {"action": "change_prices", "_selected_action": ids(), "percent": "-100", "rounding": "cent", "step": "ask"}

    assert "greater than or equal to -99" in boss.post(LIST, form).content.decode()


def test_the_admin_files_products_and_sets_their_level(boss: Client) -> None:
    sale = CategoryFactory.create()
    ProductFactory.create_batch(2)

    def act(action: str, **fields: Any) -> None:
        form = {"action": action, "_selected_action": ids()[:1], "select_across": "1"}
        assert boss.post(LIST, form).status_code == 200
        assert boss.post(LIST, {**form, **fields, "step": "ask"}).status_code == 302

    act("add_to_category", category=sale.id)
    assert sale.products.count() == 2
    act("remove_from_category", category=sale.id)
    assert sale.products.count() == 0
    act("set_threshold", threshold=4)
    assert set(Product.objects.values_list("low_stock_threshold", flat=True)) == {4}


def test_who_may_only_look_changes_nothing() -> None:
    ProductFactory.create()
    client = Client()
    viewer = staff_user("products.view_product")
    User.objects.filter(id=viewer.id).update(is_staff=True)
    client.force_login(User.objects.get(id=viewer.id))
    fields = {"percent": "10", "rounding": "cent", "step": "apply", "expected": ""}

    client.post(LIST, {"action": "change_prices", "_selected_action": ids(), **fields})

    assert prices() == ["10.00"]
    assert not PastPrice.objects.exists()
