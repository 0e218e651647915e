"""Named points at which a test can make an operation raise, die or hang; no-ops unless the setting names them.

The setting FAILPOINTS holds `name=action` pairs split by commas; an action is `raise`, `exit` (as kill -9 would) or
`hang:SECONDS`.
"""

import os
import time

from django.conf import settings


class FailpointReached(Exception):
    """Raised where a test asked for a failure."""


def failpoint(name: str) -> None:
    """Do what the setting says for this point, if it says anything."""
    if settings.FAILPOINTS:
        _act(name, _configured().get(name, ""))


def _configured() -> dict[str, str]:
    pairs = (pair.partition("=") for pair in settings.FAILPOINTS.split(","))
    return {name.strip(): action.strip() for name, _, action in pairs}


def _act(name: str, action: str) -> None:
    if action == "raise":
        raise FailpointReached(name)
    if action == "exit":
        os._exit(137)
    if action.startswith("hang"):
        time.sleep(float(action.partition(":")[2] or 3600))
