"""Who moves money in the tests of payments."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from rest_framework.test import APIClient

from config.celery import app
from tests.conftest import ApiClientFor
from tests.factories.authentication import staff_user

Post = Callable[..., Any]
_keys = count(1)


@pytest.fixture(autouse=True)
def _tasks_at_once() -> Iterator[None]:
    """What a handler hands to the worker is done on commit, so that no test leaves a task at the broker."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


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
