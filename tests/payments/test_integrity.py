"""check_integrity sees each way in which the books of payments can be wrong."""

from collections.abc import Callable

import pytest
from django.db import connection

from common.integrity import run_checks
from payments.services import refunds
from tests.factories.payments import breaches, order_worth, paid

pytestmark = pytest.mark.django_db

SPOILERS: dict[str, tuple[str, str]] = {
    "counter": ("payments.refunded_amount", "UPDATE payments_payment SET refunded_amount = 0"),
    "status": ("payments.status_fits_refunds", "UPDATE payments_payment SET status = 'succeeded'"),
    "lines": ("payments.refund_items", "UPDATE payments_refunditem SET amount = amount - 0.01"),
    "units": ("payments.refunds_per_line", "UPDATE payments_refunditem SET quantity = 2"),
    "restocked": ("payments.refunds_per_line", "UPDATE payments_refunditem SET restocked_quantity = 1"),
    "amount": ("payments.amount_is_total", "UPDATE payments_payment SET amount = amount + 1"),
    "currency": ("payments.amount_is_total", "UPDATE payments_payment SET currency = 'EUR'"),
    "surplus": ("payments.captured_fits_order", "UPDATE payments_payment SET is_surplus = true"),
    "free goods": ("payments.captured_fits_order", "UPDATE payments_payment SET status = 'failed'"),
    "paid, pending": ("payments.captured_fits_order", "UPDATE orders_order SET status = 'pending'"),
    "refunded": ("payments.refunded_orders", "UPDATE orders_order SET status = 'refunded'"),
    "kept": (
        "payments.nothing_kept",
        (
            "UPDATE orders_order SET status = 'cancelled', updated_at = now() - interval '1 hour';"
            "UPDATE payments_payment SET updated_at = now() - interval '1 hour'"
        ),
    ),
    "stuck": (
        "payments.nothing_stuck",
        "UPDATE payments_payment SET status = 'unknown', updated_at = now() - interval '16 minutes'",
    ),
    "stuck refund": (
        "payments.nothing_stuck",
        (
            "UPDATE payments_refund SET status = 'processing', refund_transaction_id = NULL,"
            " created_at = now() - interval '16 minutes'"
        ),
    ),
    "stranded": (
        "payments.nothing_stranded",
        (
            "UPDATE payments_payment SET status = 'pending', updated_at = now() - interval '2 hours';"
            "UPDATE orders_order SET updated_at = now() - interval '2 hours'"
        ),
    ),
    "overdue": (
        "payments.orders_expire",
        (
            "UPDATE payments_payment SET status = 'failed';"
            "UPDATE orders_order SET status = 'pending', expires_at = now() - interval '16 minutes'"
        ),
    ),
    "not applied": (
        "payments.events_applied",
        (
            "INSERT INTO payments_webhookevent (gateway, event_id, kind, payload, received_at, last_error)"
            " VALUES ('dummy', 'evt_0', 'charge.succeeded', '{}', now() - interval '2 days', 'OutcomeMismatch')"
        ),
    ),
    "never charged": ("payments.dummy_charges", "UPDATE payments_dummycharge SET status = 'failed'"),
    "charged more": ("payments.dummy_charges", "UPDATE payments_dummycharge SET amount = amount + 1"),
    "unknown charge": (
        "payments.dummy_charges_known",
        (
            "INSERT INTO payments_dummycharge (idempotency_key, transaction_id, amount, currency, status)"
            " VALUES ('0', 'ch_0', 1, 'USD', 'succeeded')"
        ),
    ),
    "never given back": (
        "payments.dummy_refunds",
        "UPDATE payments_dummyrefund SET idempotency_key = '0'",
    ),
    "given back more": ("payments.dummy_refunds", "UPDATE payments_dummyrefund SET amount = amount + 1"),
}


@pytest.fixture
def books() -> Callable[[], set[str]]:
    """Books with a part of a payment given back; answers the names of the invariants that are breached."""
    payment = paid(order_worth("10.00"))
    refunds.refund_payment(payment_id=payment.id, amount=payment.amount / 2)
    assert breaches() == []
    return lambda: {result.name for result in run_checks() if result.breaches}


@pytest.mark.parametrize("name", SPOILERS)
def test_each_breach_is_seen(books: Callable[[], set[str]], name: str) -> None:
    check, sql = SPOILERS[name]

    with connection.cursor() as cursor:
        cursor.execute(sql)

    assert check in books()


def test_every_invariant_has_been_seen_to_fail() -> None:
    names = {result.name for result in run_checks() if result.name.startswith("payments.")}

    assert names == {check for check, _ in SPOILERS.values()}


def test_what_others_did_in_a_shared_account_is_no_breach(books: Callable[[], set[str]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO payments_webhookevent (gateway, event_id, kind, payload, received_at, last_error)"
            " VALUES ('stripe', 'evt_1', 'refund.created', '{}', now() - interval '2 days', 'NotFound: none of ours')"
        )

    assert books() == set()
