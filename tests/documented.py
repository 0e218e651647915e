"""Holds every answer that a test's API client gets to the OpenAPI document: a status that it does not tell fails."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from rest_framework.test import APIClient

DOCUMENT = Path(__file__).parent.parent / "docs" / "openapi.yaml"
# `<slug:slug>` of paths and `(?P<pk>[^/.]+)` of regular expressions; the document may name the argument otherwise.
ARGUMENT = re.compile(r"<[^>]+>|\(\?P<\w+>(?:\[[^\]]*\]|[^)])*\)|\{\w+\}")
PREFIX = "api/v1/"
# 400 is told of all; what leads nowhere is no operation, and a bug is no answer.
UNTOLD = {400, 404, 405, 500}


def hold_answers_to_the_document() -> None:
    """Have API clients fail where an operation answers with what the document does not tell of it."""
    send = APIClient.request

    def request(self: APIClient, **kwargs: Any) -> Any:
        response = send(self, **kwargs)
        fault = _fault_of(kwargs.get("REQUEST_METHOD", ""), response)
        assert fault is None, fault
        return response

    APIClient.request = request  # type: ignore[method-assign]  # the one place through which all of them go


def _fault_of(method: str, response: Any) -> str | None:
    if response.status_code in UNTOLD:
        return None
    route = response.resolver_match.route
    if not route.startswith(PREFIX):
        return None
    path = "/" + normalised(route)
    told = documented_statuses().get((path, "GET" if method == "HEAD" else method))
    if told is None or str(response.status_code) in told:
        return None
    return f"{method} {path} answered {response.status_code}, of which docs/openapi.yaml knows nothing: {sorted(told)}"


def normalised(route: str) -> str:
    """The route with its arguments without their names, as the document's paths have them too."""
    return ARGUMENT.sub("{}", route).replace("^", "").replace("$", "")


@cache
def documented_statuses() -> dict[tuple[str, str], set[str]]:
    """The statuses of each operation by path and method."""
    with DOCUMENT.open() as file:
        document = yaml.load(file, Loader=yaml.CSafeLoader)
    return {
        (normalised(path), method.upper()): set(operation["responses"])
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
