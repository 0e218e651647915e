"""What buyers need to race in a live shop."""

from typing import Any

import pytest

from common.integrity import run_checks
from tests.factories.orders import ADDRESS
from tests.factories.shipping import ShippingMethodFactory


@pytest.fixture
def wish(transactional_db: None) -> dict[str, Any]:
    """What a guest sends to checkout."""
    method = ShippingMethodFactory.create()
    return {"shipping_address": dict(ADDRESS), "shipping_method": method.id, "email": "ada@example.com"}


@pytest.fixture
def books() -> Any:
    """Reads every breach of the invariants that there is."""
    return lambda: [breach for result in run_checks() for breach in result.breaches]
