"""What carts and orders cost: discounts, shipping, tax, and the equation of the total."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from orders.errors import AmountTooLarge
from orders.models import Coupon, TaxRate
from orders.services import pricing
from orders.services.pricing import Destination, Pricing, PricingLine, price_order
from orders.services.tax import TaxTable
from tests.factories.orders import TaxRateFactory

HOME = Destination("US", "CA")
ZERO = Decimal("0.00")


def line(price: str, quantity: int = 1, tax_class: str = "") -> PricingLine:
    return PricingLine(
        product_id=1, variation_id=None, quantity=quantity, unit_price=Decimal(price), tax_class=tax_class
    )


def coupon(kind: Coupon.Kind, value: str = "0") -> Coupon:
    return Coupon(code="SPRING", kind=kind, value=Decimal(value))


def price(*lines: PricingLine, shipping: str | None = "5.00", **kwargs: Any) -> Pricing:
    given_: dict[str, Any] = {"coupon": None, "destination": HOME, **kwargs}
    return price_order(lines=lines, shipping_price=None if shipping is None else Decimal(shipping), **given_)


def amounts(priced: Pricing) -> dict[str, str]:
    names = ("subtotal", "discount", "shipping_cost", "tax", "total")
    return {name: str(getattr(priced, name)) for name in names}


@pytest.fixture
def _gross(settings: Settings) -> None:
    settings.PRICES_INCLUDE_TAX = True


@pytest.mark.django_db
def test_lines_and_shipping() -> None:
    priced = price(line("3.33", 3), line("10.00"))

    assert amounts(priced) == {
        "subtotal": "19.99",
        "discount": "0.00",
        "shipping_cost": "5.00",
        "tax": "0.00",
        "total": "24.99",
    }
    assert [one.total_price for one in priced.lines] == [Decimal("9.99"), Decimal("10.00")]
    assert priced.tax_lines == []


def test_a_cart_has_no_total_before_its_destination_is_known() -> None:
    priced = price(line("10.00"), destination=None, shipping=None, coupon=coupon(Coupon.Kind.PERCENT, "10"))

    assert amounts(priced) == {
        "subtotal": "10.00",
        "discount": "1.00",
        "shipping_cost": "None",
        "tax": "None",
        "total": "None",
    }


def test_a_quote_without_a_method_has_no_tax_either() -> None:
    priced = price(line("10.00"), shipping=None)

    assert (priced.shipping_cost, priced.tax, priced.total, priced.tax_lines) == (None, None, None, [])


def test_an_empty_cart_costs_nothing() -> None:
    priced = price(destination=None, shipping=None, coupon=coupon(Coupon.Kind.FIXED, "5"))

    assert (priced.subtotal, priced.discount, priced.lines) == (ZERO, ZERO, [])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "value", "discount", "total"),
    [
        (Coupon.Kind.PERCENT, "12.5", "2.50", "22.49"),
        (Coupon.Kind.PERCENT, "100", "19.99", "5.00"),
        (Coupon.Kind.FIXED, "5", "5.00", "19.99"),
        (Coupon.Kind.FIXED, "500", "19.99", "5.00"),
        (Coupon.Kind.FREE_SHIPPING, "0", "5.00", "19.99"),
    ],
)
def test_coupons(kind: Coupon.Kind, value: str, discount: str, total: str) -> None:
    priced = price(line("3.33", 3), line("10.00"), coupon=coupon(kind, value))

    assert (str(priced.discount), str(priced.total)) == (discount, total)


@pytest.mark.django_db
def test_a_discount_is_shared_by_largest_remainder() -> None:
    priced = price(line("1.00"), line("1.00"), line("1.00"), coupon=coupon(Coupon.Kind.FIXED, "1"))

    assert [str(one.discount_share) for one in priced.lines] == ["0.34", "0.33", "0.33"]


@pytest.mark.django_db
def test_free_shipping_is_a_discount_that_no_line_shares() -> None:
    priced = price(line("10.00"), coupon=coupon(Coupon.Kind.FREE_SHIPPING))

    assert (priced.shipping_cost, priced.shipping_discount, priced.discount) == (Decimal(5), Decimal(5), Decimal(5))
    assert [one.discount_share for one in priced.lines] == [0]


@pytest.mark.django_db
def test_tax_is_added_per_line_on_what_the_discount_leaves() -> None:
    TaxRateFactory.create(rate=Decimal("8.875"))

    priced = price(line("9.99"), line("9.99"), coupon=coupon(Coupon.Kind.PERCENT, "10"))

    assert [str(one.discount_share) for one in priced.lines] == ["1.00", "1.00"]
    assert [str(one.tax_added) for one in priced.lines] == ["0.80", "0.80"]
    assert str(priced.total) == "24.58"


@pytest.mark.django_db
def test_rounding_is_per_line() -> None:
    TaxRateFactory.create(rate=Decimal(10))

    assert price(line("0.05"), line("0.05"), line("0.05")).tax == Decimal("0.03")
    assert price(line("0.05", 3)).tax == Decimal("0.02")


@pytest.mark.django_db
def test_shipping_is_taxed_where_the_rate_says_so() -> None:
    TaxRateFactory.create(applies_to_shipping=True)

    paid = price(line("10.00"))
    free = price(line("10.00"), coupon=coupon(Coupon.Kind.FREE_SHIPPING))

    assert (paid.tax, paid.shipping_tax) == (Decimal("1.50"), Decimal("0.50"))
    assert (free.tax, free.shipping_tax) == (Decimal("1.00"), ZERO)


@pytest.mark.django_db
def test_tax_lines_are_grouped_by_rate() -> None:
    TaxRateFactory.create(name="VAT", country="DE", rate=19, applies_to_shipping=True)
    TaxRateFactory.create(name="VAT", country="DE", rate=7, tax_class="books")

    priced = price(line("10.00"), line("20.00"), line("10.00", tax_class="books"), destination=Destination("DE"))

    assert priced.tax_lines == [
        {"name": "VAT", "rate": "19", "amount": "6.65", "included": False},
        {"name": "VAT", "rate": "7", "amount": "0.70", "included": False},
    ]
    assert priced.tax == Decimal("7.35")
    assert [str(one.tax_rate) for one in priced.lines] == ["19.000", "19.000", "7.000"]


@pytest.mark.django_db
@pytest.mark.usefixtures("_gross")
def test_gross_prices_contain_their_tax() -> None:
    TaxRateFactory.create(name="VAT", country="DE", rate=19, applies_to_shipping=True)

    priced = price(line("119.00"), line("11.90"), shipping="5.95", destination=Destination("DE"))

    assert amounts(priced) == {
        "subtotal": "130.90",
        "discount": "0.00",
        "shipping_cost": "5.95",
        "tax": "0.00",
        "total": "136.85",
    }
    assert (str(priced.tax_included), str(priced.shipping_tax)) == ("21.85", "0.95")
    assert [str(one.tax_included) for one in priced.lines] == ["19.00", "1.90"]
    assert [one.tax_added for one in priced.lines] == [0, 0]
    assert priced.tax_lines == [{"name": "VAT", "rate": "19", "amount": "21.85", "included": True}]


@pytest.mark.django_db
@pytest.mark.usefixtures("_gross")
def test_a_discount_lowers_the_tax_contained() -> None:
    TaxRateFactory.create(country="DE", rate=19)

    priced = price(line("119.00"), destination=Destination("DE"), coupon=coupon(Coupon.Kind.PERCENT, "50"))

    assert (str(priced.tax_included), str(priced.total)) == ("9.50", "64.50")


@pytest.mark.django_db
def test_steps_lead_to_the_total() -> None:
    TaxRateFactory.create(name="Sales tax", rate=Decimal("7.25"), applies_to_shipping=True)

    goods = price(line("10.00", 2), line("5.00"), coupon=coupon(Coupon.Kind.PERCENT, "10"))
    shipping = price(line("10.00"), coupon=coupon(Coupon.Kind.FREE_SHIPPING))

    assert goods.steps == [
        {"code": "item", "label": "2 x 10.00", "amount": "20.00"},
        {"code": "item", "label": "1 x 5.00", "amount": "5.00"},
        {"code": "discount", "label": "Coupon SPRING", "amount": "-2.50"},
        {"code": "shipping", "label": "Shipping", "amount": "5.00"},
        {"code": "tax", "label": "Sales tax 7.25 %", "amount": "2.00"},
    ]
    assert goods.total == Decimal("29.50")
    assert [step["amount"] for step in shipping.steps] == ["10.00", "5.00", "-5.00", "0.73"]
    assert shipping.total == Decimal("10.73")


@pytest.mark.django_db
@pytest.mark.usefixtures("_gross")
def test_contained_tax_is_a_step_that_adds_nothing() -> None:
    TaxRateFactory.create(name="VAT", rate=19)

    assert price(line("119.00")).steps[-1] == {
        "code": "tax_included",
        "label": "VAT 19 %: 19.00 contained",
        "amount": "0.00",
    }


@pytest.mark.django_db
def test_an_order_that_no_row_could_hold_is_refused() -> None:
    with pytest.raises(AmountTooLarge):
        price(line("99999999.99", 2))

    assert price(line("99999999.99", 2), shipping=None).subtotal == Decimal("199999999.98")


cents = st.decimals(min_value=0, max_value=Decimal("9999.99"), places=2)
classes = st.sampled_from(["", "books", "food"])
carts = st.lists(
    st.builds(
        PricingLine,
        product_id=st.just(1),
        variation_id=st.none(),
        quantity=st.integers(1, 99),
        unit_price=cents,
        tax_class=classes,
    ),
    min_size=1,
    max_size=12,
)
coupons = st.one_of(
    st.none(),
    st.builds(coupon, st.just(Coupon.Kind.PERCENT), st.decimals(0, 100, places=2).map(str)),
    st.builds(coupon, st.just(Coupon.Kind.FIXED), cents.map(str)),
    st.just(coupon(Coupon.Kind.FREE_SHIPPING)),
)
tables = st.lists(
    st.builds(
        TaxRate,
        name=st.sampled_from(["VAT", "Sales tax"]),
        country=st.just("US"),
        tax_class=classes,
        rate=st.decimals(0, 100, places=3),
        applies_to_shipping=st.booleans(),
    ),
    max_size=3,
).map(TaxTable)


@settings(max_examples=300, deadline=None)
@given(lines=carts, code=coupons, table=tables, shipping=cents, gross=st.booleans())
def test_the_books_balance_for_any_cart(
    lines: list[PricingLine], code: Coupon | None, table: TaxTable, shipping: Decimal, gross: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pricing, "table_for", lambda destination: table)
        patch.setattr("django.conf.settings.PRICES_INCLUDE_TAX", gross)
        priced = price_order(lines=lines, coupon=code, destination=HOME, shipping_price=shipping)

    assert priced.shipping_cost is not None
    assert priced.tax is not None
    assert priced.total is not None
    assert priced.total == priced.subtotal + priced.shipping_cost + priced.tax - priced.discount
    assert priced.subtotal == sum(one.total_price for one in priced.lines)
    assert priced.discount == sum(one.discount_share for one in priced.lines) + priced.shipping_discount
    shipping_added, shipping_contained = (ZERO, priced.shipping_tax) if gross else (priced.shipping_tax, ZERO)
    assert priced.tax == sum(one.tax_added for one in priced.lines) + shipping_added
    assert priced.tax_included == sum(one.tax_included for one in priced.lines) + shipping_contained
    assert sum(Decimal(tax["amount"]) for tax in priced.tax_lines) == priced.tax + priced.tax_included
    assert sum(Decimal(step["amount"]) for step in priced.steps) == priced.total
    assert json.loads(json.dumps([priced.steps, priced.tax_lines])) == [priced.steps, priced.tax_lines]
    _nothing_is_negative_or_finer_than_a_cent(priced)
    assert all(one.discount_share <= one.total_price for one in priced.lines)
    assert priced.shipping_discount <= min(priced.discount, priced.shipping_cost)


def _nothing_is_negative_or_finer_than_a_cent(priced: Pricing) -> None:
    whole = (priced.subtotal, priced.discount, priced.tax, priced.total, priced.tax_included, priced.shipping_tax)
    parts = [
        amount
        for one in priced.lines
        for amount in (one.total_price, one.discount_share, one.tax_added, one.tax_included)
    ]
    for amount in (*whole, *parts):
        assert amount is not None
        assert amount >= 0
        assert amount == amount.quantize(Decimal("0.01"))
