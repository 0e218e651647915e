"""Carts, coupons, stock, orders, payments and refunds in random order end with books that are right."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.proofs.shop_machine import ShopMachine

pytestmark = pytest.mark.django_db

EVERYTHING = {
    *("cart", "coupon", "checkout", "payment", "transfer", "capture", "webhook"),
    *("refund", "refund of lines", "cancel", "fulfil", "expiry"),
}


def _play(examples: int, steps: int) -> set[str]:
    """What was done at least once; the same runs each time, so that a failure is one of the change at hand."""
    ShopMachine.done.clear()
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(ShopMachine, settings=chosen)
    return set(ShopMachine.done)


def test_a_few_runs() -> None:
    assert _play(10, 25) >= {"cart", "checkout", "payment", "webhook", "refund", "refund of lines", "cancel"}


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_many_runs() -> None:
    assert _play(80, 50) == EVERYTHING
