"""The answers to requests that claimed a key with their intent, stored by whoever records the outcome."""

from common import idempotency
from common.api.renderers import to_json
from payments.bodies import payment_body, refund_body
from payments.models import Payment, Refund

CREATED = 201


def keep_payment(payment: Payment) -> None:
    """Store the first outcome of a payment as the answer to the request that started it."""
    if payment.idempotency_key_id is not None:
        idempotency.answer_intent(
            claim_id=payment.idempotency_key_id,
            resource=payment_resource(payment),
            status=CREATED,
            body=to_json(payment_body(payment)),
        )


def keep_refund(refund: Refund) -> None:
    """Store the first outcome of a refund as the answer to the request that asked for it."""
    if refund.idempotency_key_id is not None:
        idempotency.answer_intent(
            claim_id=refund.idempotency_key_id,
            resource=refund_resource(refund),
            status=CREATED,
            body=to_json(refund_body(refund)),
        )


def payment_resource(payment: Payment) -> str:
    """How events and keys name a payment."""
    return f"payment:{payment.id}"


def refund_resource(refund: Refund) -> str:
    """How events and keys name a refund."""
    return f"refund:{refund.id}"
