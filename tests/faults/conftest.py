"""What the fault tests share."""

from collections.abc import Iterator

import pytest

from config.celery import app


@pytest.fixture
def tasks_at_once() -> Iterator[None]:
    """What a handler hands to the worker is done on commit, so that no test leaves a task at the broker."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False
