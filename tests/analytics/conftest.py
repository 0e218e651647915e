"""Who reads reports, and sales for them to tell of."""

from datetime import UTC, date, datetime

import pytest
from rest_framework.test import APIClient

from analytics.services import aggregates
from tests.conftest import ApiClientFor
from tests.factories.authentication import staff_user


@pytest.fixture
def analyst(db: None, client_for: ApiClientFor) -> APIClient:
    """A client of staff who may read reports and nothing else."""
    return client_for(staff_user("analytics.view_salesaggregate"))


def at(month: int, day: int, hour: int = 12) -> datetime:
    """An instant of 2026."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


def count_2026() -> None:
    """Count January to April of 2026."""
    list(aggregates.rebuild(first=date(2026, 1, 1), last=date(2026, 4, 30)))
