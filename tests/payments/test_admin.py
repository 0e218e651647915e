"""The admin pages of payments: found, read-only, and with actions that move money through the services."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from payments.models import DummyRefund, Payment, Refund
from payments.services import payments, refunds
from products.models import Product
from tests.factories.authentication import UserFactory, grant
from tests.factories.payments import breaches, order_worth, paid, waiting_order
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db

LIST = reverse("admin:payments_payment_changelist")
SENT = {"_form_submitted": "True"}


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def payment() -> Payment:
    return paid(order_worth("19.90"))


def _page(payment: Payment, action: str = "change") -> str:
    return reverse(f"admin:payments_payment_{action}", args=[payment.id])


@pytest.mark.parametrize(
    "model", ["payment", "refund", "refunditem", "dispute", "webhookevent", "dummycharge", "dummyrefund"]
)
def test_lists_and_pages_are_read_only_and_search(admin: Client, payment: Payment, model: str) -> None:
    refunds.refund_payment(payment_id=payment.id, amount=payment.amount)

    assert admin.get(reverse(f"admin:payments_{model}_changelist"), {"q": "a"}).status_code == 200
    assert admin.get(reverse(f"admin:payments_{model}_add")).status_code == 403


@pytest.mark.parametrize("number", ["abc", "999999999", 30 * "9"])
def test_what_is_no_payment_is_not_found(admin: Client, number: str) -> None:
    pages = [reverse(f"admin:payments_payment_{name}", args=[number]) for name in ("change", "capture")]

    assert admin.get(pages[0]).status_code == 302
    assert admin.post(pages[1], SENT).status_code == 404


def test_a_payment_is_found_by_its_order(admin: Client, payment: Payment) -> None:
    other = paid(order_worth("10.00"))

    page = admin.get(LIST, {"q": payment.order.order_number}).content.decode()

    assert payment.order.order_number in page
    assert other.order.order_number not in page


def test_the_pages_show_and_change_nothing(admin: Client, payment: Payment) -> None:
    refund = refunds.refund_payment(payment_id=payment.id, amount=payment.amount / 2, reason="Scratched")

    page = admin.get(_page(payment)).content.decode()
    refund_page = admin.get(reverse("admin:payments_refund_change", args=[refund.id])).content.decode()
    refused = admin.post(_page(payment), {"status": "failed", "amount": "0.01"})

    assert "Scratched" in page
    assert "9.95 USD" in page
    assert "Partially refunded" in page
    assert "(&#x27;partially_refunded" not in page
    assert "Refund in full" in page
    assert "Scratched" in refund_page
    assert refused.status_code == 403
    payment.refresh_from_db()
    assert payment.status == "partially_refunded"


def test_everything_is_refunded_by_a_button(admin: Client) -> None:
    product: Product = ProductFactory.create(stock=10)
    payment = paid(waiting_order((product, 3)))

    answer = admin.post(
        _page(payment, "refund_all"), {**SENT, "reason": "Broken", "restock": "on"}, headers={"HX-Request": "true"}
    )

    assert answer.headers["HX-Redirect"] == _page(payment)
    payment.refresh_from_db()
    payment.order.refresh_from_db()
    product.refresh_from_db()
    assert (payment.status, payment.order.status, product.stock_quantity) == ("refunded", "refunded", 10)
    assert breaches() == []


def test_an_amount_is_refunded_by_a_button(admin: Client, payment: Payment) -> None:
    nothing = admin.post(_page(payment, "refund_amount"), {**SENT, "amount": "0"})
    admin.post(_page(payment, "refund_amount"), {**SENT, "amount": "5.00"})
    too_much = admin.post(_page(payment, "refund_amount"), {**SENT, "amount": "15.00"}, follow=True)

    assert nothing.status_code == 200
    assert "The refund is more than is left of the payment" in too_much.content.decode()
    assert str(Refund.objects.get().amount) == "5.00"
    assert DummyRefund.objects.count() == 1
    assert breaches() == []


def test_bank_transfers_are_captured_one_by_one_or_many(admin: Client) -> None:
    first, second, third = (
        payments.start_payment(order=order_worth("10.00"), payment_method="manual") for _ in range(3)
    )

    admin.post(_page(first, "capture"), SENT)
    chosen = {"action": "capture_selected", "_selected_action": [first.id, second.id, third.id]}
    page = admin.post(LIST, chosen, follow=True).content.decode()

    assert "The payment cannot be captured" in page
    assert list(Payment.objects.values_list("status", flat=True)) == ["succeeded"] * 3
    assert breaches() == []


def test_selected_payments_are_refunded(admin: Client, payment: Payment) -> None:
    chosen = {"action": "refund_selected", "_selected_action": [payment.id]}

    page = admin.post(LIST, chosen, follow=True).content.decode()

    assert "19.90 USD refunded (succeeded)" in page
    payment.refresh_from_db()
    assert payment.status == "refunded"


def test_a_refusal_by_the_gateway_is_told(admin: Client) -> None:
    payment = paid(order_worth("10.00"), "tok_refund_refused")

    page = admin.post(_page(payment, "refund_all"), SENT, follow=True).content.decode()

    assert "The gateway refused the refund" in page
    assert breaches() == []


def test_buttons_are_offered_where_they_can_work(admin: Client, payment: Payment) -> None:
    transfer = payments.start_payment(order=order_worth("10.00"), payment_method="manual")

    captured, waiting = admin.get(_page(payment)).content.decode(), admin.get(_page(transfer)).content.decode()

    assert _page(payment, "refund_all") in captured
    assert _page(payment, "capture") not in captured
    assert _page(transfer, "capture") in waiting
    assert _page(transfer, "refund_all") not in waiting


def test_looking_is_not_moving_money(payment: Payment) -> None:
    viewer: Any = UserFactory.create(is_staff=True)
    grant(viewer, "payments.view_payment")
    client = Client()
    client.force_login(viewer)

    assert client.get(_page(payment)).status_code == 200
    assert client.post(_page(payment, "refund_all"), SENT).status_code == 403
    assert not Refund.objects.exists()


def test_a_client_s_secret_is_not_shown(admin: Client, payment: Payment) -> None:
    Payment.objects.update(client_action={"type": "stripe", "client_secret": "pi_1_secret_2", "payment_intent": "pi_1"})

    page = admin.get(_page(payment)).content.decode()

    assert "payment intent: pi_1" in page
    assert "pi_1_secret_2" not in page
