"""What the dummy gateway would send."""

import json
from itertools import count
from typing import Any

from rest_framework.test import APIClient

from payments.gateways import dummy_events
from payments.models import DummyCharge, DummyRefund, Payment, Refund

URL = "/api/v1/payments/webhooks/dummy/"
SECRET = "dummy-webhook-secret"
_ids = count(1)


def charge_event(payment: Payment, kind: str, /, **changes: Any) -> dict[str, Any]:
    """An event about a payment's charge; `changes` are told instead of the truth."""
    charge = DummyCharge.objects.get(idempotency_key=str(payment.id))
    data = {
        "payment": str(payment.id),
        "transaction_id": charge.transaction_id,
        "amount": str(charge.amount),
        "currency": charge.currency,
    }
    return {"id": f"evt_{next(_ids)}", "type": f"charge.{kind}", "data": {**data, **changes}}


def refund_event(refund: Refund, kind: str) -> dict[str, Any]:
    """An event about a refund."""
    booked = DummyRefund.objects.filter(idempotency_key=str(refund.id)).first()
    data = {"refund": str(refund.id), "transaction_id": booked.transaction_id if booked else "dummy_re_none"}
    return {"id": f"evt_{next(_ids)}", "type": f"refund.{kind}", "data": data}


def send(client: APIClient, event: Any, *, signature: str | None = None, secret: str = SECRET) -> Any:
    """Post an event, signed now with the secret unless a signature is given."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    header = dummy_events.sign(body=body, secret=secret) if signature is None else signature
    return client.post(URL, body, content_type="application/json", headers={"Dummy-Signature": header})
