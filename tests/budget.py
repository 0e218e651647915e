"""A pytest plugin for `make proof BUDGET=seconds`: begins no further test once the time is spent."""

import time

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer --budget."""
    parser.addoption("--budget", type=float, metavar="SECONDS", help="skip what has not begun by then")


def pytest_configure(config: pytest.Config) -> None:
    """Start the clock."""
    budget = config.getoption("--budget")
    if budget is not None:
        config.pluginmanager.register(Budget(time.monotonic() + budget))


class Budget:
    """Skips tests after the deadline, each with the reason."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """Called before the fixtures of each test."""
        if time.monotonic() > self.deadline:
            pytest.skip("the time for heavy proofs is spent")
