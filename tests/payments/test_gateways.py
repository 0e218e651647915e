"""Gateways and their settings: never called inside a transaction, never started with settings that cannot work."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.test import override_settings

from payments.api.schemas import PaymentSerializer, RefundBodySerializer, RefundPreviewSerializer
from payments.bodies import payment_body, preview_body, refund_body
from payments.gateways import calls
from payments.gateways.registry import require_sound_settings
from payments.models import DummyCharge
from payments.services import payments, refunds
from tests.factories.payments import PaymentFactory, order_worth, paid


@pytest.mark.django_db
@pytest.mark.parametrize("call", [calls.start, calls.cancel, calls.find])
def test_no_gateway_is_called_inside_a_transaction(call: object) -> None:
    payment = PaymentFactory.create(status="processing", payment_details={"token": "tok_ok"})

    with pytest.raises(RuntimeError), transaction.atomic():
        call(payment)  # type: ignore[operator]

    assert not DummyCharge.objects.exists()


@pytest.mark.django_db
def test_no_payment_is_started_inside_a_transaction() -> None:
    order = order_worth("10.00")

    with pytest.raises(RuntimeError), transaction.atomic():
        payments.start_payment(order=order, payment_method="manual")

    assert not order.payments.exists()


@pytest.mark.django_db
def test_the_same_key_is_charged_once() -> None:
    payment = PaymentFactory.create(status="processing", payment_details={"token": "tok_ok"})

    first, second = calls.start(payment), calls.start(payment)

    assert first == second
    assert DummyCharge.objects.count() == 1


@pytest.mark.django_db
def test_the_gateway_guards_its_charge_as_well() -> None:
    payment = paid(order_worth("10.00"))
    refund = refunds.refund_payment(payment_id=payment.id, amount=payment.amount)
    refund.pk, refund.status = refund.pk + 1, "pending"

    assert calls.refund(refund).status == "failed"


@pytest.mark.parametrize(
    "broken",
    [
        {"PAYMENT_GATEWAYS": ["manual", "paypal"]},
        {"DUMMY_WEBHOOK_SECRETS": []},
        {"DUMMY_WEBHOOK_SECRETS": [""]},
        {"SHOP_CURRENCY": "KWD"},
    ],
)
def test_settings_that_cannot_work_are_refused_at_start(broken: dict[str, object]) -> None:
    require_sound_settings()

    with override_settings(**broken), pytest.raises(ImproperlyConfigured):
        require_sound_settings()


STRIPE = {
    "PAYMENT_GATEWAYS": ["stripe"],
    "STRIPE_SECRET_KEY": "sk_test_1",
    "STRIPE_PUBLISHABLE_KEY": "pk_test_1",
    "STRIPE_WEBHOOK_SECRETS": ["whsec_1"],
}


@pytest.mark.parametrize(
    "broken",
    [
        {"STRIPE_SECRET_KEY": ""},
        {"STRIPE_SECRET_KEY": " "},
        {"STRIPE_PUBLISHABLE_KEY": ""},
        {"STRIPE_WEBHOOK_SECRETS": []},
        {"STRIPE_WEBHOOK_SECRETS": [""]},
        {"STRIPE_REFERENCE_PREFIX": ""},
        {"SHOP_CURRENCY": "KWD"},
    ],
)
def test_stripe_is_not_started_without_what_it_needs(broken: dict[str, object]) -> None:
    with override_settings(**STRIPE):
        require_sound_settings()

    with override_settings(**{**STRIPE, **broken}), pytest.raises(ImproperlyConfigured):
        require_sound_settings()


@pytest.mark.django_db
def test_the_openapi_document_describes_the_bodies_as_they_are() -> None:
    payment = paid(order_worth("10.00"))
    preview = preview_body(*refunds.preview_refund(payment_id=payment.id))
    refund = refunds.refund_payment(payment_id=payment.id, amount=payment.amount)

    assert list(PaymentSerializer().fields) == list(payment_body(payment))
    assert list(RefundBodySerializer().fields) == list(refund_body(refund))
    assert list(RefundPreviewSerializer().fields) == list(preview)
