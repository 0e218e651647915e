"""Books with one of everything."""

from decimal import Decimal

import pytest
from django.db import connection

from authentication.services import privacy
from common import outbox
from config.celery import app
from orders.models import Coupon, Order
from orders.services import life
from orders.services.carts import CartOwner, add_item, apply_coupon
from orders.services.checkout import place_order
from orders.services.checkout.wish import AddressChoice, CheckoutWish
from payments.services import payments, refunds
from products.services import reviews
from shipping.models import ShippingMethod
from tests.factories.authentication import AddressFactory, UserFactory
from tests.factories.orders import ADDRESS, CouponFactory, TaxRateFactory
from tests.factories.products import CategoryFactory, ImageFactory, ProductFactory, ReviewFactory, VariationFactory
from tests.factories.shipping import ShippingMethodFactory


@pytest.fixture
def books(db: None) -> None:
    """The books, with nothing left to be checked at the end of the transaction: tables may be altered."""
    app.conf.task_always_eager = True
    try:
        _build()
    finally:
        app.conf.task_always_eager = False
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def _build() -> None:
    _build_people()
    _build_catalogue()
    TaxRateFactory.create()
    coupon = CouponFactory.create(code="TEN")
    method, free_method = ShippingMethodFactory.create(), ShippingMethodFactory.create(price=0)
    _order("plain@example.com", method)
    _order("saver@example.com", method, coupon=coupon)
    _order("nothing@example.com", free_method, price=Decimal(0))
    _pay(_order("transfer@example.com", method), "manual")
    _pay(_order("waiting@example.com", method), "dummy", token="tok_pending")
    returned = _pay(_order("returned@example.com", method), "dummy", token="tok_ok")
    refunds.refund_payment(payment_id=returned, amount=Decimal("1.00"))
    outbox.relay()
    cancelled = _order("cancelled@example.com", method, coupon=coupon)
    _pay(cancelled, "dummy", token="tok_ok")
    life.cancel(order_number=cancelled.order_number)


def _build_people() -> None:
    AddressFactory.create(user=UserFactory.create(email="owner@example.com"))
    privacy.erase_account(user_id=AddressFactory.create().user_id)


def _build_catalogue() -> None:
    parent = CategoryFactory.create(slug="parent")
    CategoryFactory.create(slug="child", parent=parent)
    product = ProductFactory.create(slug="own", categories=[parent])
    ImageFactory.create_batch(2, product=product)
    reviews.approve_review(review_id=ReviewFactory.create(product=product).id)
    sized = ProductFactory.create(slug="sized", stock=0)
    VariationFactory.create(product=sized, value="S")
    VariationFactory.create(product=sized, value="M")


def _order(email: str, method: ShippingMethod, *, price: Decimal = Decimal(10), coupon: Coupon | None = None) -> Order:
    """An order of two units of a product of its own, placed as every order is."""
    product = ProductFactory.create(price=price)
    owner = CartOwner(user=UserFactory.create(email=email))
    add_item(owner=owner, product_id=product.id, variation_id=None, quantity=2)
    if coupon is not None:
        apply_coupon(owner=owner, code=coupon.code)
    wish = CheckoutWish(shipping_address=AddressChoice(given=ADDRESS), shipping_method_id=method.id)
    return place_order(owner=owner, wish=wish).order


def _pay(order: Order, payment_method: str, **details: str) -> int:
    payment = payments.start_payment(order=order, payment_method=payment_method, details=details)
    if payment_method == "manual":
        payments.capture_payment(payment_id=payment.id)
    return payment.id
