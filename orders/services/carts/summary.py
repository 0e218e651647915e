"""What a cart amounts to today, and what would stop its checkout."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from common.money import ZERO
from orders.errors import CouponInvalid
from orders.models import Coupon
from orders.services import coupons, pricing
from orders.services.carts.contents import Contents, Line
from orders.services.pricing import PricingLine


@dataclass(frozen=True)
class Problem:
    """Something about a line (or, with `item` null, the cart) that stops checkout; `price_changed` only informs."""

    item: int | None
    code: str
    detail: str
    available: int | None = None


@dataclass(frozen=True)
class CartSummary:
    """A cart's contents with its subtotal, the discount of its coupon and its problems."""

    contents: Contents
    subtotal: Decimal
    discount: Decimal
    coupon: Coupon | None
    problems: list[Problem]

    @property
    def item_count(self) -> int:
        return sum(line.quantity for line in self.contents.lines)


def summarise(*, contents: Contents, customer_email: str | None) -> CartSummary:
    """Sum the cart up at today's prices; takes no lock. The coupon counts only while it is valid."""
    problems = [problem for line in contents.lines if (problem := _problem_of(line))]
    problems += _price_changes(contents.lines)
    try:
        coupon = valid_coupon(contents=contents, customer_email=customer_email)
    except CouponInvalid as error:
        coupon = None
        problems.append(Problem(None, "coupon_invalid", error.detail))
    discount = ZERO
    if coupon and contents.lines:
        lines = pricing_lines(contents)
        discount = pricing.price_order(lines=lines, coupon=coupon, destination=None, shipping_price=None).discount
    return CartSummary(contents, contents.subtotal, discount, coupon, problems)


def valid_coupon(*, contents: Contents, customer_email: str | None) -> Coupon | None:
    """The coupon that the cart asks for, if any; raises CouponInvalid where it may not be used now."""
    asked = contents.cart.coupon
    if asked is None:
        return None
    return coupons.find_valid(
        code=asked.code, subtotal=contents.subtotal, customer_email=customer_email, at=timezone.now()
    )


def pricing_lines(contents: Contents) -> list[PricingLine]:
    """The cart's lines as pricing takes them."""
    return [
        PricingLine(
            product_id=line.product.id,
            variation_id=line.variation.id if line.variation else None,
            quantity=line.quantity,
            unit_price=line.unit_price,
            tax_class=line.product.tax_class,
        )
        for line in contents.lines
    ]


def _problem_of(line: Line) -> Problem | None:
    if not line.is_sold:
        return Problem(line.item_id, "product_unavailable", f"{line.product.name} is no longer sold.")
    if line.available <= 0:
        return Problem(line.item_id, "out_of_stock", f"{line.product.name} is out of stock.", 0)
    if line.available < line.quantity:
        detail = f"Only {line.available} of {line.product.name} are left."
        return Problem(line.item_id, "insufficient_stock", detail, line.available)
    return None


def _price_changes(lines: list[Line]) -> Iterator[Problem]:
    for line in lines:
        if line.price_seen != line.unit_price:
            detail = f"{line.product.name} now costs {line.unit_price} instead of {line.price_seen}."
            yield Problem(line.item_id, "price_changed", detail)
