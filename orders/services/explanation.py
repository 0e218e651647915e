"""How a total came about: steps, each an amount with its reason, that sum to the total."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TypedDict

from common.money import ZERO
from orders.models import Order


class TaxLine(TypedDict):
    """The tax of one rate, as an order keeps and the API shows it; `rate` in per cent."""

    name: str
    rate: str
    amount: str
    included: bool


class Step(TypedDict):
    """One step to the total; the amounts of all steps sum to it."""

    code: str
    label: str
    amount: str


def explain_order(*, order: Order) -> list[Step]:
    """The steps to a placed order's total, from what the order keeps; reads its lines."""
    names = ((item, f"{item.product_name} ({item.variation_name})") for item in order.items.all())
    return steps_to_total(
        items=[
            (f"{item.quantity} x {item.price} {named if item.variation_name else item.product_name}", item.total_price)
            for item, named in names
        ],
        coupon_code=order.coupon_code,
        goods_discount=order.discount - order.shipping_discount,
        shipping_method=order.shipping_method_name,
        shipping_cost=order.shipping_cost,
        shipping_discount=order.shipping_discount,
        tax_lines=order.tax_lines,
    )


def sum_of(steps: Iterable[Step]) -> Decimal:
    """What the steps come to."""
    return sum((Decimal(step["amount"]) for step in steps), ZERO)


def steps_to_total(
    *,
    items: Sequence[tuple[str, Decimal]],
    coupon_code: str,
    goods_discount: Decimal,
    shipping_cost: Decimal | None,
    shipping_discount: Decimal,
    tax_lines: Iterable[TaxLine],
    shipping_method: str = "",
) -> list[Step]:
    """The steps: lines, discount, shipping, its discount, and taxes; contained tax is named and adds nothing."""
    steps = [_step("item", label, amount) for label, amount in items]
    if goods_discount:
        steps.append(_step("discount", f"Coupon {coupon_code}", -goods_discount))
    if shipping_cost is not None:
        label = f"Shipping: {shipping_method}" if shipping_method else "Shipping"
        steps.append(_step("shipping", label, shipping_cost))
    if shipping_discount:
        steps.append(_step("shipping_discount", f"Coupon {coupon_code}, on shipping", -shipping_discount))
    return [*steps, *map(_tax_step, tax_lines)]


def _tax_step(line: TaxLine) -> Step:
    label = f"{line['name']} {line['rate']} %"
    if line["included"]:
        return _step("tax_included", f"{label}: {line['amount']} contained", ZERO)
    return {"code": "tax", "label": label, "amount": line["amount"]}


def _step(code: str, label: str, amount: Decimal) -> Step:
    return {"code": code, "label": label, "amount": str(amount)}
