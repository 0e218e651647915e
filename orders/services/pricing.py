"""Pricing: what a cart or an order costs, and how that came about; pure apart from reading tax rates.

Money is rounded half up to cents, per line; a discount is split over the lines by largest remainder in proportion to
their totals. docs/pricing.md states the rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.conf import settings

from common.money import MAX_AMOUNT, ZERO, contained_tax, percentage, round_money, split
from orders.errors import AmountTooLarge
from orders.models import Coupon, TaxRate
from orders.services.explanation import Step, TaxLine, steps_to_total
from orders.services.tax import Destination, TaxTable, table_for

__all__ = ["Destination", "LinePricing", "Pricing", "PricingLine", "Step", "TaxLine", "price_order"]


@dataclass(frozen=True)
class PricingLine:
    """A line to price; `unit_price` as the shop shows it, gross where PRICES_INCLUDE_TAX."""

    product_id: int
    variation_id: int | None
    quantity: int
    unit_price: Decimal
    tax_class: str = ""

    @property
    def total(self) -> Decimal:
        return round_money(self.unit_price * self.quantity)


@dataclass(frozen=True)
class LinePricing:
    """What one line costs: `tax_added` comes on top of it, `tax_included` is contained in it."""

    total_price: Decimal
    discount_share: Decimal
    tax_rate: Decimal
    tax_added: Decimal
    tax_included: Decimal


@dataclass(frozen=True)
class Pricing:
    """The price of all lines together.

    `shipping_cost`, `tax` and `total` are None as long as destination or shipping price is open; once they are
    known, total = subtotal + shipping_cost + tax - discount. `discount` contains `shipping_discount`;
    `shipping_tax` is part of `tax` or, where prices include tax, of `tax_included`.
    """

    subtotal: Decimal
    discount: Decimal
    shipping_cost: Decimal | None
    tax: Decimal | None
    total: Decimal | None
    tax_included: Decimal
    tax_lines: list[TaxLine]
    lines: list[LinePricing]
    shipping_discount: Decimal
    shipping_tax: Decimal
    steps: list[Step]


@dataclass
class _Taxes:
    """Tax gathered by rate, each part rounded as its line or shipping was."""

    included: bool
    by_rate: dict[tuple[str, Decimal], Decimal] = field(default_factory=dict)

    def of(self, amount: Decimal, rate: TaxRate | None) -> Decimal:
        """The tax of an amount at a rate, added to what the rate has gathered."""
        if rate is None:
            return ZERO
        tax = contained_tax(amount, rate.rate) if self.included else percentage(amount, rate.rate)
        key = (rate.name, rate.rate)
        self.by_rate[key] = self.by_rate.get(key, ZERO) + tax
        return tax

    def added(self) -> Decimal:
        """What comes on top of the prices."""
        return ZERO if self.included else self._sum()

    def contained(self) -> Decimal:
        """What the prices contain."""
        return self._sum() if self.included else ZERO

    def _sum(self) -> Decimal:
        return sum(self.by_rate.values(), ZERO)

    def lines(self) -> list[TaxLine]:
        return [
            {"name": name, "rate": f"{rate.normalize():f}", "amount": str(amount), "included": self.included}
            for (name, rate), amount in self.by_rate.items()
        ]


def price_order(
    *,
    lines: Sequence[PricingLine],
    coupon: Coupon | None,
    destination: Destination | None,
    shipping_price: Decimal | None,
) -> Pricing:
    """Price the lines; takes no lock, reads the tax rates in at most one statement.

    The coupon is taken as valid. Raises AmountTooLarge where an order could not hold the total.
    """
    subtotal = sum((line.total for line in lines), ZERO)
    goods_discount, shipping_discount = _discounts(coupon, subtotal, shipping_price)
    complete = destination is not None and shipping_price is not None
    table = table_for(destination) if complete and destination else TaxTable()
    taxes = _Taxes(included=settings.PRICES_INCLUDE_TAX)
    priced = _price_lines(lines, goods_discount, table, taxes)
    shipping_tax = taxes.of((shipping_price or ZERO) - shipping_discount, table.rate_for_shipping())
    tax = taxes.added() if complete else None
    discount = goods_discount + shipping_discount
    return Pricing(
        subtotal=subtotal,
        discount=discount,
        shipping_cost=shipping_price,
        tax=tax,
        total=_total(subtotal, shipping_price, tax, discount),
        tax_included=taxes.contained(),
        tax_lines=taxes.lines(),
        lines=priced,
        shipping_discount=shipping_discount,
        shipping_tax=shipping_tax,
        steps=steps_to_total(
            items=[(f"{line.quantity} x {line.unit_price}", line.total) for line in lines],
            coupon_code=coupon.code if coupon else "",
            goods_discount=goods_discount,
            shipping_cost=shipping_price,
            shipping_discount=shipping_discount,
            tax_lines=taxes.lines(),
        ),
    )


def _total(subtotal: Decimal, shipping_price: Decimal | None, tax: Decimal | None, discount: Decimal) -> Decimal | None:
    if shipping_price is None or tax is None:
        return None
    total = subtotal + shipping_price + tax - discount
    if max(subtotal, total) > MAX_AMOUNT:
        raise AmountTooLarge(maximum=str(MAX_AMOUNT))
    return total


def _discounts(coupon: Coupon | None, subtotal: Decimal, shipping_price: Decimal | None) -> tuple[Decimal, Decimal]:
    """What the coupon takes off the goods, and off shipping."""
    if coupon is None:
        return ZERO, ZERO
    if coupon.kind == Coupon.Kind.PERCENT:
        return percentage(subtotal, coupon.value), ZERO
    if coupon.kind == Coupon.Kind.FIXED:
        return min(coupon.value, subtotal), ZERO
    return ZERO, shipping_price or ZERO


def _price_lines(lines: Sequence[PricingLine], discount: Decimal, table: TaxTable, taxes: _Taxes) -> list[LinePricing]:
    shares = split(discount, [line.total for line in lines]) if lines else []
    return [_price_line(line, share, table, taxes) for line, share in zip(lines, shares, strict=True)]


def _price_line(line: PricingLine, share: Decimal, table: TaxTable, taxes: _Taxes) -> LinePricing:
    rate = table.rate_for(line.tax_class)
    tax = taxes.of(line.total - share, rate)
    return LinePricing(
        total_price=line.total,
        discount_share=share,
        tax_rate=rate.rate if rate else ZERO,
        tax_added=ZERO if taxes.included else tax,
        tax_included=tax if taxes.included else ZERO,
    )
