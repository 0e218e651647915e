"""The OpenAPI document's pages: every operation is in it, and they load nothing from elsewhere."""

import re
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from config.urls import api_v1
from tests.contracts.operations import PREFIX, operations


def test_every_operation_is_documented() -> None:
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    schema = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    documented = {
        (method.upper(), re.sub(r"\{\w+\}", "{}", path.removeprefix(PREFIX)))
        for path, methods in schema["paths"].items()
        for method in methods
        if method in {"get", "post", "put", "patch", "delete"}
    }

    assert documented == {(operation.method, re.sub(r"\{\w+\}", "{}", operation.path)) for operation in operations()}


def routes(patterns: list[Any]) -> list[Any]:
    return [
        found
        for pattern in patterns
        for found in (routes(pattern.url_patterns) if hasattr(pattern, "url_patterns") else [pattern])
    ]


def test_every_route_is_a_documented_view() -> None:
    api_routes = routes(api_v1)

    assert [route for route in api_routes if not hasattr(route.callback, "cls")] == []
    assert len({str(route.pattern) for route in api_routes}) == len({operation.path for operation in operations()})


@pytest.mark.parametrize("page", ["/api/docs/", "/api/redoc/"])
def test_page_loads_nothing_from_elsewhere(guest: APIClient, page: str) -> None:
    response = guest.get(page)

    assert response.status_code == 200
    assert re.findall(rb'(?:src|href)="(?:https?:)?//[^"]+', response.content) == []
