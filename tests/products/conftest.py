"""The cast of the catalogue's tests."""

import pytest
from rest_framework.test import APIClient

from tests.conftest import ApiClientFor
from tests.factories.authentication import staff_user

MODELS = ("category", "product", "productimage", "productvariation", "productreview", "stockmovement", "pastprice")


@pytest.fixture
def clerk(db: None, client_for: ApiClientFor) -> APIClient:
    """A member of staff who may do everything with the catalogue."""
    actions = ("view", "add", "change", "delete")
    return client_for(staff_user(*[f"products.{action}_{model}" for action in actions for model in MODELS]))
