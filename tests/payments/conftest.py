"""Who moves money in the tests of payments."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from tests.conftest import ApiClientFor
from tests.factories.authentication import staff_user
from tests.payments.stripe_server import SECRET_KEY, WEBHOOK_SECRET, StripeServer, running

Post = Callable[..., Any]
_keys = count(1)


@pytest.fixture(autouse=True)
def _tasks_at_once(tasks_at_once: None) -> None:
    """All tests here hand work to the worker."""


@pytest.fixture
def cashier(db: None, client_for: ApiClientFor) -> APIClient:
    """Staff who capture and refund."""
    return client_for(staff_user("payments.change_payment", "payments.add_refund", "orders.view_order"))


@pytest.fixture
def pay() -> Post:
    """Posts a payment of an order with a fresh key."""

    def post(client: APIClient, order_number: str, key: str | None = None, **body: Any) -> Any:
        body = body or {"payment_method": "dummy", "details": {"token": "tok_ok"}}
        headers = {"Idempotency-Key": key or f"payment-{next(_keys)}"}
        return client.post(f"/api/v1/orders/{order_number}/payments/", body, format="json", headers=headers)

    return post


@pytest.fixture
def refund() -> Post:
    """Posts a refund of a payment with a fresh key."""

    def post(client: APIClient, payment_id: int, key: str | None = None, **body: Any) -> Any:
        headers = {"Idempotency-Key": key or f"refund-{next(_keys)}"}
        return client.post(f"/api/v1/payments/{payment_id}/refunds/", body, format="json", headers=headers)

    return post


@pytest.fixture(scope="session")
def stripe_process() -> Iterator[StripeServer]:
    """One Stripe on this machine for all tests of a process."""
    with running() as server:
        yield server


@pytest.fixture
def stripe(stripe_process: StripeServer, settings: Settings) -> Iterator[StripeServer]:
    """The shop takes payments through the Stripe on this machine; nothing goes wrong unless it is planned."""
    settings.PAYMENT_GATEWAYS = ["stripe", "manual", "dummy"]
    settings.STRIPE_SECRET_KEY = SECRET_KEY
    settings.STRIPE_PUBLISHABLE_KEY = "pk_test_of_this_machine"
    settings.STRIPE_WEBHOOK_SECRETS = [WEBHOOK_SECRET]
    settings.STRIPE_REFERENCE_PREFIX = f"shop{next(_keys)}"  # the database numbers anew, Stripe does not
    settings.STRIPE_API_BASE = stripe_process.address
    stripe_process.released.clear()
    stripe_process.requests.clear()
    stripe_process.webhooks.clear()
    yield stripe_process
    assert stripe_process.plans == []
