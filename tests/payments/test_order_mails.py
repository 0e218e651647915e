"""The mails that orders, payments and refunds cause: one per order and kind, to the customer and to staff."""

import re
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.core import mail as post
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from authentication.services import privacy
from common import mail_delivery, outbox
from common.models import Mail, OutboxDelivery
from common.tokens import hash_token
from orders.models import Invoice, Order
from orders.services import life
from payments.services import payments, refunds
from tests.factories.mails import MailFactory
from tests.factories.payments import breaches, buyer, order_worth, paid, waiting_order
from tests.factories.products import ProductFactory
from tests.live import all_at_once


def deliver() -> list[EmailMessage]:
    """What the outbox and the task send now."""
    before = len(post.outbox)
    outbox.relay()
    mail_delivery.send_due_mails()
    return list(post.outbox[before:])


def kinds() -> list[tuple[str, str]]:
    return list(Mail.objects.order_by("id").values_list("kind", "recipient"))


@pytest.mark.django_db
def test_a_paid_order_is_confirmed_by_one_mail() -> None:
    order = order_worth("19.90")
    assert deliver() == []

    paid(order)
    (message,) = deliver()
    OutboxDelivery.objects.update(done_at=None, next_attempt_at=timezone.now())  # as if undone
    assert deliver() == []

    assert message.to == [order.email]
    assert order.order_number in message.subject
    assert "19.90 USD" in str(message.body)
    assert f"http://localhost:3000/orders/{order.order_number}\n" in str(message.body)
    assert "token" not in str(message.body)
    assert Invoice.objects.count() == 1


@pytest.mark.django_db
def test_a_guest_gets_a_link_that_opens_the_order_and_no_table_holds_it(guest: APIClient) -> None:
    order = order_worth("19.90", user=None, access_token_hash=hash_token("from checkout"))
    paid(order)

    (message,) = deliver()

    found = re.search(r"/orders/(\w+)\?token=(\S+)", str(message.body))
    assert found is not None
    number, token = found.groups()
    path = f"/api/v1/orders/{number}/"
    assert guest.get(path, headers={"X-Order-Token": token}).status_code == 200
    assert guest.get(path, headers={"X-Order-Token": "from checkout"}).status_code == 200
    assert guest.get(path, headers={"X-Order-Token": token[:-1]}).status_code == 404
    other = order_worth("5.00", user=None)
    assert guest.get(f"/api/v1/orders/{other.order_number}/", headers={"X-Order-Token": token}).status_code == 404
    assert token not in str(list(Mail.objects.values()))
    assert token not in str(list(Order.objects.values()))


@pytest.mark.django_db
def test_who_pays_by_transfer_is_told_where_to_and_by_when(settings: Settings) -> None:
    settings.BANK_ACCOUNT = ["Example Shop Ltd", "GB29 NWBK 6016 1331 9268 19"]
    order = waiting_order()
    payments.start_payment(order=order, payment_method="manual")

    (message,) = deliver()
    again = deliver()

    text = str(message.body)
    assert message.to == [order.email]
    assert f"{order.total} USD with the reference {order.order_number}" in text
    assert "Example Shop Ltd\nGB29 NWBK 6016 1331 9268 19\n" in text
    assert (order.created_at + timedelta(days=7)).date().isoformat() in text
    assert again == []


@pytest.mark.django_db
def test_who_chose_otherwise_meanwhile_is_not_told() -> None:
    order = waiting_order()
    payments.start_payment(order=order, payment_method="manual")
    payments.start_payment(order=order, payment_method="dummy", details={"token": "tok_ok"})

    assert [message.subject for message in deliver()] == [f"Your order {order.order_number} at Shop"]


@pytest.mark.django_db
def test_shipping_tells_the_tracking_number() -> None:
    order = order_worth("19.90")
    paid(order)
    deliver()
    life.process(order_number=order.order_number)
    life.ship(order_number=order.order_number, tracking_number="1Z999")

    (message,) = deliver()

    assert "on its way" in message.subject
    assert "Tracking number: 1Z999" in str(message.body)


@pytest.mark.django_db
def test_every_refund_is_told_with_its_amount() -> None:
    payment = paid(order_worth("19.90"))
    deliver()
    refunds.refund_payment(payment_id=payment.id, amount=Decimal("5.00"))
    refunds.refund_payment(payment_id=payment.id, amount=Decimal("2.00"))

    first, second = deliver()

    assert "5.00 USD" in first.subject
    assert "2.00 USD" in second.subject


@pytest.mark.django_db
def test_cancelling_and_expiring_are_told_apart() -> None:
    life.cancel(order_number=order_worth("19.90").order_number)
    order = order_worth("5.00", expires_at=timezone.now() - timedelta(minutes=1))
    life.expire_unpaid(now=timezone.now())

    cancelled, expired = deliver()

    assert "was cancelled" in cancelled.subject
    assert "Nothing was paid" in str(cancelled.body)
    assert expired.subject == f"Your order {order.order_number} has expired"


@pytest.mark.django_db
def test_staff_are_told_of_orders_and_failures(settings: Settings) -> None:
    settings.STAFF_NOTIFY_EMAILS = ["desk@example.com", "boss@example.com"]
    product = ProductFactory.create(name="Scarf", price=Decimal("10.00"), stock=3, low_stock_threshold=2)
    order = waiting_order((product, 2))
    paid(order, "tok_declined")
    paid(order)

    messages = {message.subject: message for message in deliver() if message.to != [order.email]}

    assert set(messages) == {
        f"A payment failed: order {order.order_number}, 20.00 USD",
        f"New order {order.order_number}: 20.00 USD",
    }
    assert {tuple(message.to) for message in messages.values()} == {("desk@example.com", "boss@example.com")}


@pytest.mark.django_db
def test_staff_are_told_of_a_refund_that_failed(settings: Settings) -> None:
    settings.STAFF_NOTIFY_EMAILS = ["desk@example.com"]
    payment = paid(order_worth("10.00"), "tok_refund_refused")
    deliver()
    refunds.refund_payment(payment_id=payment.id, amount=Decimal("5.00"))

    (message,) = deliver()

    assert message.to == ["desk@example.com"]
    assert message.subject.startswith("A refund failed: order ")


@pytest.mark.django_db
def test_without_addresses_staff_are_told_nothing(settings: Settings) -> None:
    settings.STAFF_NOTIFY_EMAILS = []
    order = order_worth("10.00")
    paid(order)

    deliver()

    assert kinds() == [("order_confirmed", order.email)]


@pytest.mark.django_db
def test_a_mail_server_that_is_away_changes_no_order(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any) -> int:
        raise ConnectionRefusedError

    order = order_worth("10.00")
    paid(order)
    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", refuse)
        assert deliver() == []

    order.refresh_from_db()
    assert order.status == "confirmed"
    assert OutboxDelivery.objects.filter(done_at=None).count() == 0
    assert breaches() == []
    Mail.objects.update(next_attempt_at=timezone.now())
    assert len(deliver()) == 1


@pytest.mark.django_db(transaction=True)
def test_relays_and_workers_in_parallel_send_one_of_each() -> None:
    orders = [order_worth("10.00") for _ in range(5)]
    for order in orders:
        paid(order)

    def work() -> None:
        try:
            outbox.relay()
            mail_delivery.send_due_mails()
        finally:
            connection.close()

    all_at_once([work] * 6)
    deliver()

    assert sorted(message.to[0] for message in post.outbox) == sorted(order.email for order in orders)
    assert Invoice.objects.count() == 5
    assert breaches() == []


@pytest.mark.django_db
def test_an_erased_person_is_in_no_mail_and_gets_none(settings: Settings) -> None:
    settings.STAFF_NOTIFY_EMAILS = ["desk@example.com"]
    order = order_worth("10.00")
    paid(order)
    under_way = order_worth("10.00", user=buyer(order))
    paid(under_way)
    deliver()
    for move in (life.process, partial(life.ship, tracking_number="1Z"), life.deliver):
        move(order_number=order.order_number)
    deliver()
    stranger = MailFactory.create(recipient="bob@example.com")
    email = order.email

    privacy.erase_account(user_id=buyer(order).pk)
    outbox.relay()
    life.process(order_number=under_way.order_number)
    life.ship(order_number=under_way.order_number, tracking_number="1Z")
    outbox.relay()

    left = {(row.resource, row.kind) for row in Mail.objects.all()}
    assert left == {(stranger.resource, "order_confirmed"), (f"order:{under_way.order_number}", "staff_new_order")}
    assert not Mail.objects.filter(recipient=email).exists()
