"""The reconciling job: what was left open is ended by asking the gateway, alone and without any webhook."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from common import outbox
from common.models import Mail
from orders.services import life
from payments import tasks
from payments.gateways import bulkhead
from payments.gateways.dummy import DummyGateway
from payments.gateways.protocol import GatewayTimeout
from payments.models import DummyCharge, DummyRefund, Payment, Refund, WebhookEvent
from payments.services import payments, reconciliation, refunds
from payments.services.locks import lock_payment
from payments.services.refund_plans import plan_amount, what_is_left
from tests.factories.authentication import UserFactory
from tests.factories.payments import PaymentFactory, a_while_later, breaches, order_worth, paid
from tests.payments.webhooks import charge_event, send

pytestmark = pytest.mark.django_db


def _later(minutes: int = 10) -> int:
    return reconciliation.reconcile(now=timezone.now() + timedelta(minutes=minutes))


def _intent() -> Payment:
    """An intent whose request died before the gateway was called."""
    return PaymentFactory.create(order=order_worth("10.00"), status="processing", payment_details={"token": "tok_ok"})


def test_an_intent_that_the_gateway_never_saw_fails_after_minutes() -> None:
    payment = _intent()

    _later(minutes=4)
    payment.refresh_from_db()
    assert payment.status == "processing"

    _later(minutes=6)
    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("failed", "pending")
    assert payment.payment_details == {"token": "tok_ok", "code": "never_reached_gateway"}
    assert paid(payment.order).status == "succeeded"
    assert breaches() == []


def test_a_charge_whose_request_died_pays() -> None:
    payment = _intent()
    DummyCharge.objects.create(
        idempotency_key=str(payment.id), transaction_id="ch_1", amount="10.00", currency="USD", status="succeeded"
    )

    _later()

    payment.refresh_from_db()
    assert (payment.status, payment.transaction_id, payment.order.status) == ("succeeded", "ch_1", "confirmed")
    assert breaches() == []


@pytest.mark.parametrize(("amount", "currency"), [("9.99", "USD"), ("10.00", "EUR")])
def test_a_charge_of_other_money_pays_nothing(amount: str, currency: str) -> None:
    payment = _intent()
    DummyCharge.objects.create(
        idempotency_key=str(payment.id), transaction_id="ch_1", amount=amount, currency=currency, status="succeeded"
    )

    _later()

    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("unknown", "pending")


def test_a_pending_payment_whose_webhook_was_lost_pays() -> None:
    payment = paid(order_worth("10.00"), "tok_pending")
    DummyCharge.objects.update(status="succeeded")

    _later(minutes=4)
    payment.refresh_from_db()
    assert payment.status == "pending"

    _later(minutes=6)
    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("succeeded", "confirmed")
    assert breaches() == []


def test_a_bank_transfer_whose_request_died_waits_for_its_money() -> None:
    payment = PaymentFactory.create(order=order_worth("10.00"), status="processing", payment_method="manual")

    _later()
    _later()

    payment.refresh_from_db()
    assert (payment.status, payment.client_action is not None) == ("pending", True)


def test_fresh_rows_are_left_to_their_request() -> None:
    payment = paid(order_worth("10.00"), "tok_timeout")

    tasks.reconcile_open_payments()

    payment.refresh_from_db()
    assert payment.status == "unknown"


def test_a_refund_that_was_never_submitted_is_made() -> None:
    payment = paid(order_worth("10.00"))
    refund = refunds.refund_rest(payment_id=payment.id, reason="")
    assert refund is not None

    _later()
    _later()

    refund.refresh_from_db()
    payment.refresh_from_db()
    assert (refund.status, payment.status, payment.order.status) == ("succeeded", "refunded", "refunded")
    assert DummyRefund.objects.count() == 1
    assert breaches() == []


def test_a_lost_event_is_applied_later(guest: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    payment = paid(order_worth("10.00"), "tok_pending")
    with monkeypatch.context() as patched:
        patched.setattr("payments.services.webhooks._apply_stored", lambda *_: False)
        send(guest, charge_event(payment, "succeeded"))
    assert WebhookEvent.objects.get().applied_at is None

    _later(minutes=1)

    payment.refresh_from_db()
    assert payment.status == "succeeded"
    assert WebhookEvent.objects.get().applied_at is not None
    assert breaches() == []


def test_one_that_cannot_be_ended_does_not_keep_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, silent, fine = (paid(order_worth("10.00"), "tok_timeout") for _ in range(3))
    find = DummyGateway.find

    def fail_for_some(gateway: DummyGateway, intent: object) -> object:
        key = intent.key  # type: ignore[attr-defined]
        if key == str(broken.id):
            raise ZeroDivisionError
        if key == str(silent.id):
            raise GatewayTimeout
        return find(gateway, intent)  # type: ignore[arg-type]

    monkeypatch.setattr(DummyGateway, "find", fail_for_some)
    _later()

    statuses = [Payment.objects.get(id=payment.id).status for payment in (broken, silent, fine)]
    assert statuses == ["unknown", "unknown", "succeeded"]


def _owed_back() -> Payment:
    """A payment of a cancelled order whose refund the gateway refused."""
    payment = paid(order_worth("10.00"), "tok_refund_refused")
    life.cancel(order_number=payment.order.order_number)
    outbox.relay()
    _later(minutes=1)
    assert Refund.objects.get().status == "failed"
    return payment


def test_a_refused_refund_of_a_cancelled_order_is_tried_again_until_it_is_taken() -> None:
    payment = _owed_back()
    _later(minutes=1)
    assert Refund.objects.count() == 1

    _later(minutes=3)
    assert list(Refund.objects.values_list("status", flat=True)) == ["failed", "failed"]
    DummyCharge.objects.update(token="tok_ok")
    _later(minutes=3)
    assert Refund.objects.count() == 2
    _later(minutes=5)

    payment.refresh_from_db()
    assert (payment.status, str(payment.refunded_amount)) == ("refunded", "10.00")
    assert DummyRefund.objects.count() == 1
    assert breaches() == []


def test_a_refund_that_is_refused_again_and_again_is_left_to_staff() -> None:
    _owed_back()

    for _ in range(10):
        _later(minutes=60 * 24)

    assert Refund.objects.count() == 8
    assert set(Refund.objects.values_list("status", flat=True)) == {"failed"}


def test_a_refused_refund_by_staff_is_not_tried_again() -> None:
    payment = paid(order_worth("10.00"), "tok_refund_refused")
    refunds.refund_payment(payment_id=payment.id, amount=payment.amount)

    _later(minutes=60)

    assert Refund.objects.count() == 1


def test_a_second_run_changes_nothing() -> None:
    paid(order_worth("10.00"), "tok_timeout")
    payment = paid(order_worth("10.00"), "tok_refund_timeout")
    refunds.refund_payment(payment_id=payment.id, amount=payment.amount)
    a_while_later()
    before = [*Payment.objects.order_by("id").values(), *Refund.objects.order_by("id").values()]

    a_while_later()

    assert [*Payment.objects.order_by("id").values(), *Refund.objects.order_by("id").values()] == before
    assert breaches() == []


def test_a_failed_attempt_is_closed_at_its_gateway_after_an_hour(guest: APIClient) -> None:
    payment = paid(order_worth("10.00"), "tok_pending")
    send(guest, charge_event(payment, "failed"))

    _later(minutes=59)
    payment.refresh_from_db()
    assert (payment.status, payment.closed_at) == ("failed", None)

    assert _later(minutes=61) == 1
    payment.refresh_from_db()
    assert (payment.status, payment.closed_at is not None) == ("failed", True)
    assert _later(minutes=300) == 0


def test_a_failed_attempt_is_closed_at_once_where_another_one_paid(guest: APIClient) -> None:
    payment = paid(order_worth("10.00"), "tok_pending")
    send(guest, charge_event(payment, "failed"))
    paid(payment.order)

    _later(minutes=1)

    payment.refresh_from_db()
    assert (payment.status, payment.closed_at is not None) == ("failed", True)


def test_a_failed_attempt_that_was_paid_after_all_pays_though_its_webhook_was_lost(guest: APIClient) -> None:
    payment = paid(order_worth("10.00"), "tok_pending")
    send(guest, charge_event(payment, "failed"))
    DummyCharge.objects.update(status="succeeded")

    _later(minutes=61)

    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("succeeded", "confirmed")
    assert breaches() == []


def test_a_failed_attempt_stays_open_while_its_gateway_is_silent(
    guest: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = paid(order_worth("10.00"), "tok_pending")
    send(guest, charge_event(payment, "failed"))
    with monkeypatch.context() as patched:
        patched.setattr(DummyGateway, "cancel", _is_silent)
        _later(minutes=61)
    payment.refresh_from_db()
    assert (payment.status, payment.closed_at) == ("failed", None)

    _later(minutes=122)

    payment.refresh_from_db()
    assert payment.closed_at is not None


def _is_silent(_gateway: DummyGateway, _intent: object) -> None:
    raise GatewayTimeout


def test_a_refund_of_staff_that_fails_after_the_cancellation_is_made_up_for() -> None:
    payment = paid(order_worth("10.00"))
    with transaction.atomic():
        order, locked = lock_payment(payment_id=payment.id)
        plan = plan_amount(what_is_left(order=order, payment=locked), Decimal("4.00"))
        asked = refunds.commit(locked, plan, reason="", restock=False, actor=UserFactory.create(), claim_id=None)
    life.cancel(order_number=payment.order.order_number, by_staff=True)
    outbox.relay()
    DummyCharge.objects.update(token="tok_refund_refused")
    refunds.submit_refund(refund_id=asked.id)
    DummyCharge.objects.update(token="tok_ok")

    for _ in range(3):
        _later(minutes=5)

    payment.refresh_from_db()
    assert (payment.status, str(payment.refunded_amount)) == ("refunded", "10.00")
    assert breaches() == []


def test_rows_that_cannot_be_ended_starve_no_other(guest: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciliation, "BATCH_SIZE", 2)
    stuck, good = (
        [paid(order_worth("10.00"), "tok_timeout") for _ in range(4)],
        paid(order_worth("10.00"), "tok_timeout"),
    )
    DummyCharge.objects.filter(idempotency_key__in=[payment.id for payment in stuck]).update(amount="9.00")

    bulkhead.forget()

    for _ in range(60):  # drawn by lot: sixty times the others are no accident
        _later(minutes=5)

    good.refresh_from_db()
    assert good.status == "succeeded"
    assert {Payment.objects.get(id=payment.id).status for payment in stuck} == {"unknown"}


def test_staff_are_told_once_that_a_gateway_reports_other_money(settings: Settings) -> None:
    settings.STAFF_NOTIFY_EMAILS = ["staff@example.com"]
    payment = paid(order_worth("10.00"), "tok_timeout")
    DummyCharge.objects.update(amount="9.00")

    _later(minutes=1)
    DummyCharge.objects.update(amount="8.00")
    _later(minutes=2)
    outbox.relay()

    assert payment.order.events.filter(code="payment_mismatch").count() == 1
    assert Mail.objects.filter(kind="staff_payment_mismatch").count() == 1


def test_staff_are_told_to_send_back_a_bank_transfer(settings: Settings) -> None:
    settings.STAFF_NOTIFY_EMAILS = ["staff@example.com"]
    order = order_worth("10.00")
    waiting = payments.start_payment(order=order, payment_method="manual")
    payments.capture_payment(payment_id=waiting.id)
    life.cancel(order_number=order.order_number)

    a_while_later()
    a_while_later()

    assert Refund.objects.get().status == "succeeded"
    assert Mail.objects.filter(kind="staff_transfer_due").count() == 1


def test_trying_a_bank_transfer_again_does_not_hold_the_order_longer() -> None:
    order = order_worth("10.00", expires_at=timezone.now() + timedelta(minutes=30))
    payments.start_payment(order=order, payment_method="manual")
    order.refresh_from_db()
    held_until = order.expires_at

    payments.start_payment(order=order, payment_method="manual")

    order.refresh_from_db()
    assert order.expires_at == held_until == order.created_at + timedelta(days=7)
