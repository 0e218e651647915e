"""schemathesis over the whole OpenAPI document: nothing breaks, and every answer is one that the document tells of."""

import pytest

from tests.contracts.generated import documented_operations, faults_of, stock_shop

pytestmark = pytest.mark.django_db

FEW, MANY = 2, 26  # parts, for as many processes, or to be seen one after the other


def faults_in(part: int, of: int, *, positive: int, negative: int) -> list[str]:
    shop = stock_shop()
    return [
        fault
        for operation in documented_operations()[part::of]
        for fault in faults_of(operation, shop, positive=positive, negative=negative)
    ]


@pytest.mark.parametrize("part", range(FEW))
def test_one_request_of_each_operation(part: int) -> None:
    assert faults_in(part, FEW, positive=1, negative=0) == []


@pytest.mark.slow
@pytest.mark.parametrize("part", range(MANY))
def test_many_requests_of_each_operation(part: int) -> None:
    assert faults_in(part, MANY, positive=40, negative=40) == []
