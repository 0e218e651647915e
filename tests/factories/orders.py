"""Coupons, carts and orders; `placed_order` books the stock as checkout would."""

from decimal import Decimal
from typing import Any

import factory
from django.db import transaction

from orders.models import Cart, CartItem, Coupon, Order, OrderItem, TaxRate
from products.models import Product, ProductVariation
from products.services import stock
from products.services.stock import StockKey
from tests.factories.authentication import UserFactory
from tests.factories.products import ProductFactory

ADDRESS = {
    "full_name": "Ada Buyer",
    "company": "",
    "phone": "",
    "address_line1": "1 Main Street",
    "address_line2": "",
    "city": "Los Angeles",
    "state": "CA",
    "country": "US",
    "postal_code": "90001",
}


class CouponFactory(factory.django.DjangoModelFactory[Coupon]):
    class Meta:
        model = Coupon

    code = factory.Sequence(lambda n: f"SAVE{n}")
    kind = Coupon.Kind.PERCENT
    value = Decimal(10)


class TaxRateFactory(factory.django.DjangoModelFactory[TaxRate]):
    class Meta:
        model = TaxRate

    name = "Sales tax"
    country = "US"
    rate = Decimal("10.000")


class CartFactory(factory.django.DjangoModelFactory[Cart]):
    class Meta:
        model = Cart

    user = factory.SubFactory(UserFactory)


class CartItemFactory(factory.django.DjangoModelFactory[CartItem]):
    class Meta:
        model = CartItem

    cart = factory.SubFactory(CartFactory)
    product = factory.SubFactory(ProductFactory)
    quantity = 1
    price_seen = factory.LazyAttribute(lambda item: item.product.price)


class OrderFactory(factory.django.DjangoModelFactory[Order]):
    """An order of no lines; money defaults to a subtotal and nothing else."""

    class Meta:
        model = Order

    user = factory.SubFactory(UserFactory)
    order_number = factory.Sequence(lambda n: f"TEST{n:06d}")
    email = factory.LazyAttribute(lambda order: order.user.email if order.user else "guest@example.com")
    subtotal = Decimal("10.00")
    shipping_cost = Decimal("0.00")
    tax = Decimal("0.00")
    discount = Decimal("0.00")
    total = factory.LazyAttribute(lambda order: order.subtotal + order.shipping_cost + order.tax - order.discount)
    shipping_address_snapshot = factory.LazyFunction(lambda: dict(ADDRESS))
    billing_address_snapshot = factory.LazyFunction(lambda: dict(ADDRESS))
    shipping_method_name = "Standard"
    currency = "USD"
    prices_include_tax = False


class OrderItemFactory(factory.django.DjangoModelFactory[OrderItem]):
    class Meta:
        model = OrderItem

    order = factory.SubFactory(OrderFactory)
    product = factory.SubFactory(ProductFactory)
    quantity = 1
    price = factory.LazyAttribute(lambda item: item.product.price)
    total_price = factory.LazyAttribute(lambda item: item.price * item.quantity)
    product_name = factory.LazyAttribute(lambda item: item.product.name)
    product_sku = factory.LazyAttribute(lambda item: item.product.sku)
    unit_cost = factory.LazyAttribute(lambda item: item.product.cost_price)


@transaction.atomic
def placed_order(*lines: tuple[Product | ProductVariation, int], **fields: Any) -> Order:
    """A pending order of these lines (product or variation, quantity), its stock taken; `fields` are the order's."""
    priced = [(*_sold(thing), quantity) for thing, quantity in lines or ((ProductFactory.create(), 1),)]
    subtotal = sum((price * quantity for _, _, price, quantity in priced), Decimal("0.00"))
    order = OrderFactory.create(**{"subtotal": subtotal, **fields})
    for product, variation, price, quantity in priced:
        OrderItemFactory.create(order=order, product=product, variation=variation, quantity=quantity, price=price)
    demand = {
        StockKey(product.id, variation.id if variation else None): quantity
        for product, variation, _, quantity in priced
    }
    stock.take(demand=demand, order_number=order.order_number)
    return order


def _sold(thing: Product | ProductVariation) -> tuple[Product, ProductVariation | None, Decimal]:
    if isinstance(thing, Product):
        return thing, None, thing.price
    return thing.product, thing, thing.product.price + thing.price_adjustment
