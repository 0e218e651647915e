"""Paid orders, refunds and views, placed at the instants that a test names."""

from datetime import datetime
from decimal import Decimal

import factory

from analytics.models import ProductView
from orders.models import Order, OrderItem
from payments.models import Payment, Refund, RefundItem
from products.models import Product
from tests.factories.orders import OrderFactory, OrderItemFactory
from tests.factories.products import ProductFactory


class ProductViewFactory(factory.django.DjangoModelFactory[ProductView]):
    class Meta:
        model = ProductView

    product = factory.SubFactory(ProductFactory)
    session_id = factory.Sequence(lambda n: f"visitor-{n}")


def viewed(product: Product, *, at: datetime, session_id: str) -> ProductView:
    """A view at the instant."""
    view = ProductViewFactory.create(product=product, session_id=session_id)
    ProductView.objects.filter(id=view.id).update(viewed_at=at)
    return view


def paid_order(*lines: tuple[Product, int], at: datetime, paid: bool = True) -> Order:
    """An order of these products placed at the instant, by default paid; no stock moves."""
    subtotal = sum((product.price * quantity for product, quantity in lines), Decimal("0.00"))
    order = OrderFactory.create(subtotal=subtotal)
    for product, quantity in lines:
        OrderItemFactory.create(order=order, product=product, quantity=quantity)
    Order.objects.filter(id=order.id).update(created_at=at, paid_at=at if paid else None)
    order.refresh_from_db()
    return order


def captured(order: Order) -> Payment:
    """The payment that pays the order."""
    payment, _ = Payment.objects.get_or_create(
        order=order,
        is_surplus=False,
        defaults={"amount": order.total, "status": "succeeded", "payment_method": "manual", "currency": "USD"},
    )
    return payment


def refunded(
    item: OrderItem,
    *,
    at: datetime | None,
    amount: Decimal,
    quantity: int = 0,
    tax_amount: Decimal = Decimal("0.00"),
    restocked: int = 0,
) -> Refund:
    """A refund of one line that succeeded at the instant; with a quantity it is one by lines. None: still pending."""
    refund = Refund.objects.create(
        payment=captured(item.order),
        amount=amount,
        reason="Broken",
        status=Refund.Status.SUCCEEDED if at else Refund.Status.PENDING,
        succeeded_at=at,
        is_by_lines=quantity > 0,
        restock=restocked > 0,
    )
    RefundItem.objects.create(
        refund=refund,
        order_item=item,
        quantity=quantity,
        amount=amount,
        tax_amount=tax_amount,
        restocked_quantity=restocked,
    )
    return refund
