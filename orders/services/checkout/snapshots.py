"""What an order keeps of its cart and its customer, so that later edits change no order."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from common.money import ZERO
from common.tokens import hash_token
from orders.models import Order, OrderItem
from orders.services.carts import Contents
from orders.services.checkout.customer import Customer
from orders.services.checkout.numbers import make_order_number
from orders.services.checkout.planning import Plan
from orders.services.pricing import Pricing


def build_order(*, plan: Plan, customer: Customer, access_token: str | None) -> Order:
    """The order's row, not yet inserted; unpaid, it holds its stock for ORDER_PAYMENT_MINUTES."""
    priced = plan.pricing
    return Order(
        order_number=make_order_number(),
        user=customer.owner.user,
        cart=plan.contents.cart,
        email=customer.email,
        access_token_hash=hash_token(access_token) if access_token else "",
        shipping_address=customer.shipping.saved,
        billing_address=customer.billing.saved,
        shipping_address_snapshot=customer.shipping.snapshot,
        billing_address_snapshot=customer.billing.snapshot,
        shipping_method=plan.option.method,
        shipping_method_name=plan.option.method.name,
        subtotal=priced.subtotal,
        shipping_cost=plan.option.price,
        tax=priced.tax or ZERO,
        discount=priced.discount,
        total=plan.total,
        tax_included=priced.tax_included,
        tax_lines=priced.tax_lines,
        shipping_discount=priced.shipping_discount,
        shipping_tax=priced.shipping_tax,
        coupon_code=plan.coupon.code if plan.coupon else "",
        prices_include_tax=settings.PRICES_INCLUDE_TAX,
        currency=settings.SHOP_CURRENCY,
        notes=customer.notes or None,
        placed_from=customer.placed_from,
        expires_at=timezone.now() + timedelta(minutes=settings.ORDER_PAYMENT_MINUTES),
    )


def build_lines(*, order: Order, contents: Contents, priced: Pricing) -> list[OrderItem]:
    """The order's lines, not yet inserted: what they sell, at what price and at what cost."""
    return [
        OrderItem(
            order=order,
            product_id=line.key.product_id,
            variation_id=line.key.variation_id,
            quantity=line.quantity,
            price=line.unit_price,
            total_price=price.total_price,
            product_name=line.product.name,
            product_sku=line.sku,
            variation_name=str(line.variation) if line.variation else None,
            unit_cost=line.product.cost_price,
            discount_share=price.discount_share,
            tax_rate=price.tax_rate,
            tax_added=price.tax_added,
            tax_included=price.tax_included,
        )
        for line, price in zip(contents.lines, priced.lines, strict=True)
    ]
