"""Every operation of the API, read from the URL configuration."""

import re
from dataclasses import dataclass
from typing import Any

from drf_spectacular.generators import EndpointEnumerator

PREFIX = "/api/v1/"


@dataclass(frozen=True)
class Operation:
    """A method on a path with named arguments, such as GET products/{slug}/."""

    method: str
    path: str

    def address(self) -> str:
        """The path with arguments that name nothing: an id that no row has, a slug that no row has."""
        return PREFIX + re.sub(r"\{(\w+)\}", _nothing, self.path)


def _nothing(match: re.Match[str]) -> str:
    return "999999999" if match[1] in {"id", "pk"} or match[1].endswith("_id") else "nothing-here"


def operations() -> list[Operation]:
    """All of them, in order of path and method."""
    enumerator: Any = EndpointEnumerator()
    endpoints = enumerator.get_api_endpoints()
    found = {
        Operation(method, path.removeprefix(PREFIX))
        for path, _regex, method, _callback in endpoints
        if path.startswith(PREFIX)
    }
    return sorted(found, key=lambda operation: (operation.path, operation.method))
