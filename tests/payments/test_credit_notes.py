"""Credit notes: one per refund that succeeded, of the same money, with the tax that went back."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from common import outbox
from common.integrity import run_checks
from orders.models import Invoice, Order
from orders.services import life
from payments.models import Payment, Refund
from payments.services import credit_notes, refunds
from payments.tasks import issue_missing_credit_notes
from tests.factories.orders import ADDRESS, CouponFactory, TaxRateFactory
from tests.factories.payments import a_while_later, breaches, line_of, order_worth, paid
from tests.factories.products import ProductFactory
from tests.factories.shipping import ShippingMethodFactory

pytestmark = pytest.mark.django_db


def notes() -> list[Invoice]:
    return list(Invoice.objects.filter(kind="credit_note").order_by("sequence"))


def taxed_payment(guest: APIClient) -> Payment:
    """A paid order of 2 x 19.99 and 1 x 7.00, ten per cent off, shipping 4.90, 19 % tax on all of it."""
    TaxRateFactory.create(name="VAT", rate=Decimal("19.000"), applies_to_shipping=True)
    coupon = CouponFactory.create()
    method = ShippingMethodFactory.create(price="4.90")
    for price, quantity in (("19.99", 2), ("7.00", 1)):
        product = ProductFactory.create(price=Decimal(price))
        answer = guest.post("/api/v1/cart/items/", {"product": product.id, "quantity": quantity})
        if token := answer.json().get("token"):
            guest.credentials(HTTP_X_CART_TOKEN=token)
    guest.post("/api/v1/cart/coupon/", {"code": coupon.code})
    wish: dict[str, Any] = {"shipping_address": ADDRESS, "shipping_method": method.id, "email": "ada@example.com"}
    placed = guest.post("/api/v1/checkout/", wish)
    assert placed.status_code == 201, placed.json()
    return paid(Order.objects.get())


def test_a_refund_has_one_credit_note_of_its_amount() -> None:
    payment = paid(order_worth("20.00"))
    refund = refunds.refund_payment(payment_id=payment.id, amount=Decimal("5.00"), reason="A flaw")
    outbox.relay()
    credit_notes.issue(refund=refund)

    (note,) = notes()

    assert (note.number, note.total, note.refund_id) == ("CN-000001", Decimal("5.00"), refund.id)
    assert note.corrects is not None
    assert (note.corrects.number, note.corrects.order_id) == ("INV-000001", payment.order_id)
    assert note.reason == "A flaw"
    assert breaches() == []


def test_a_refund_told_before_the_order_issues_the_invoice_first() -> None:
    payment = paid(order_worth("20.00"))
    refund = refunds.refund_payment(payment_id=payment.id, amount=Decimal("5.00"))

    credit_notes.issue(refund=refund)

    assert [item.number for item in Invoice.objects.order_by("id")] == ["INV-000001", "CN-000001"]


def test_no_credit_note_for_a_refund_that_failed() -> None:
    payment = paid(order_worth("10.00"), "tok_refund_refused")
    refunds.refund_payment(payment_id=payment.id, amount=Decimal("5.00"))

    outbox.relay()

    assert Refund.objects.get().status == "failed"
    assert notes() == []


def test_no_credit_note_for_a_surplus_that_was_never_invoiced() -> None:
    order = order_worth("10.00")
    paid(order, "tok_timeout")
    life.cancel(order_number=order.order_number)
    a_while_later()  # the answer that was lost arrives
    a_while_later()  # the money goes back

    assert Refund.objects.get().status == "succeeded"
    assert Invoice.objects.count() == 0
    assert [breach for result in run_checks() if "credit" in result.name for breach in result.breaches] == []


@pytest.mark.parametrize("includes_tax", [False, True])
def test_the_parts_of_all_refunds_sum_to_the_invoice(guest: APIClient, settings: Settings, includes_tax: bool) -> None:
    settings.PRICES_INCLUDE_TAX = includes_tax
    payment = taxed_payment(guest)
    outbox.relay()
    invoice = Invoice.objects.get()
    for amount in ("10.01", "0.01", "7.77", "20.00"):
        refunds.refund_payment(payment_id=payment.id, amount=Decimal(amount))
    refunds.refund_rest(payment_id=payment.id, reason="The rest")
    a_while_later()

    assert sum(note.total for note in notes()) == invoice.total
    assert sum(note.tax for note in notes()) == invoice.tax
    assert sum(note.tax_included for note in notes()) == invoice.tax_included
    assert sum(note.shipping_cost for note in notes()) == invoice.shipping_cost
    assert {line["name"] for note in notes() for line in note.tax_lines} == {"VAT"}
    assert len(notes()) == 5
    assert breaches() == []


def test_units_are_named_where_lines_were_refunded(guest: APIClient) -> None:
    payment = taxed_payment(guest)
    line = line_of(payment.order)
    refunds.refund_payment(payment_id=payment.id, items={line.id: 1})
    outbox.relay()

    (note,) = notes()

    assert [(given["name"], given["quantity"], given["price"]) for given in note.lines] == [
        (line.product_name, 1, None)
    ]
    assert note.shipping_cost == 0
    assert note.total == note.subtotal + note.tax


def test_what_no_event_asked_for_is_issued_by_the_task() -> None:
    payment = paid(order_worth("20.00"))
    refunds.refund_payment(payment_id=payment.id, amount=Decimal("5.00"))
    assert issue_missing_credit_notes() == 0
    Refund.objects.update(succeeded_at=timezone.now() - timedelta(minutes=16))
    names = {result.name for result in run_checks() if result.breaches}
    assert names == {"invoices.credit_notes"}

    assert issue_missing_credit_notes() == 1
    assert issue_missing_credit_notes() == 0

    assert breaches() == []


def test_shipping_has_its_rate_though_another_tax_is_as_high(guest: APIClient) -> None:
    TaxRateFactory.create(name="VAT", rate=Decimal("20.000"), applies_to_shipping=True)
    TaxRateFactory.create(name="Books", rate=Decimal("20.000"), tax_class="books")
    method = ShippingMethodFactory.create(price="5.00")
    for tax_class in ("", "books"):
        product = ProductFactory.create(price=Decimal("30.00"), tax_class=tax_class)
        answer = guest.post("/api/v1/cart/items/", {"product": product.id, "quantity": 1})
        if token := answer.json().get("token"):
            guest.credentials(HTTP_X_CART_TOKEN=token)
    wish: dict[str, Any] = {"shipping_address": ADDRESS, "shipping_method": method.id, "email": "ada@example.com"}
    assert guest.post("/api/v1/checkout/", wish).status_code == 201
    payment = paid(Order.objects.get())
    outbox.relay()

    refunds.refund_payment(payment_id=payment.id, shipping=True)
    outbox.relay()

    (note,) = notes()
    assert [(line["rate"], line["amount"]) for line in note.tax_lines] == [("20", "1.00")]
    assert note.tax_lines[0]["name"] in {"VAT", "Books"}
    assert breaches() == []
