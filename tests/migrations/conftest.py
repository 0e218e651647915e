"""The tables of the application of the tests."""

from collections.abc import Iterator

import pytest

from tests.migrations.parcels import Parcels, migrated_parcels


@pytest.fixture
def parcels(transactional_db: None) -> Iterator[Parcels]:
    yield from migrated_parcels()
