"""The OpenAPI document: what every operation has in common, and the limits of those that have some."""

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema

from common.api.limits import Limits
from common.api.problems import MOST_ERRORS

PROBLEM_SCHEMA = {
    "type": "object",
    "description": "A problem document (RFC 9457).",
    "properties": {
        "type": {"type": "string", "description": "A path that explains the code to a person."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Stable, snake_case."},
        "errors": {
            "type": "array",
            "maxItems": MOST_ERRORS,
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string", "nullable": True},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
                "required": ["field", "code", "detail"],
            },
        },
        "request_id": {"type": "string"},
    },
    "required": ["type", "title", "status", "detail", "code", "errors", "request_id"],
}


PROBLEM_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
LIMIT_FIELDS = {
    "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."},
    "RateLimit-Policy": {
        "schema": {"type": "string"},
        "description": 'What is allowed, of each limit: `"cart";q=240;w=60` is 240 in 60 seconds.',
    },
    "RateLimit": {
        "schema": {"type": "string"},
        "description": 'What is left, of each limit: `"cart";r=0;t=41` is nothing for the next 41 seconds.',
    },
}


class ShopSchema(AutoSchema):
    """The schema of an operation, with 429 where a limit may refuse it."""

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        limits: Limits = getattr(self.view, "limits", {}).get(self.method, ())
        if limits:
            names = ", ".join(f"`LIMIT_{limit.scope}`" for limit in limits)
            bodies["429"] = {
                "description": f"Too many requests: {names}.",
                "headers": LIMIT_FIELDS,
                "content": PROBLEM_CONTENT,
            }
        return bodies


def add_problem_responses(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Document the error shape once and point every operation's default response at it."""
    result.setdefault("components", {}).setdefault("schemas", {})["ProblemDocument"] = PROBLEM_SCHEMA
    answer = {
        "description": "The request was refused or failed.",
        "content": PROBLEM_CONTENT,
    }
    for operations in result.get("paths", {}).values():
        for operation in operations.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"].setdefault("default", answer)
    return result
