"""Ways in which an operation can break at a failpoint: it raises, its process dies, or it hangs for a while."""

import os
import select
import traceback
import warnings
from collections.abc import Callable
from typing import NoReturn

import pytest
from django.conf import settings
from django.db import connections
from django.test import override_settings

from common import failpoints
from common.failpoints import FailpointReached

Run = Callable[[], None]
KILLED = 137
HANG_SECONDS = 0.3
PATIENCE_SECONDS = 30


def nothing() -> None:
    """Nothing happens meanwhile."""


def break_at(point: str, how: str, run: Run, *, meanwhile: Run = nothing) -> None:
    """Run the operation with the point broken in this way (raise, exit or hang); it must be reached."""
    if how == "raise":
        with override_settings(FAILPOINTS=f"{point}=raise"), pytest.raises(FailpointReached):
            run()
    elif how == "exit":
        assert _in_a_fork(f"{point}=exit", run) == KILLED
    else:
        assert _in_a_fork(f"{point}=hang:{HANG_SECONDS}", run, meanwhile) == 0


def _in_a_fork(broken: str, run: Run, meanwhile: Run = nothing) -> int:
    """The exit status of a copy of this process that runs the operation; `meanwhile` is done while it is there."""
    here, there = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other threads exist; the copy does without them
        child = os.fork()
    if child == 0:
        _be_the_copy(broken, run, there)
    os.close(there)
    try:
        assert select.select([here], [], [], PATIENCE_SECONDS)[0]
        if os.read(here, 1):
            meanwhile()
    finally:
        os.close(here)
        status = os.waitpid(child, 0)[1]
    return os.waitstatus_to_exitcode(status)


def _be_the_copy(broken: str, run: Run, tell: int) -> NoReturn:
    """It leaves its parent's connections alone, and ends without any cleaning up, as a killed process does."""
    code = 1
    try:
        _held = [connection.connection for connection in connections.all()]
        for connection in connections.all():
            connection.connection = None
        act = failpoints._act

        def say_and_act(name: str, action: str) -> None:
            if action:
                os.write(tell, b".")
            act(name, action)

        failpoints._act = say_and_act
        settings.FAILPOINTS = broken
        run()
        code = 0
    except BaseException:  # noqa: BLE001 - told to the parent by the status
        traceback.print_exc()
    finally:
        os._exit(code)
