"""What the OpenAPI document says of every operation alike: the shape of problems, and which of them it can answer."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

from common.api.deprecation.declaring import Deprecated, Part
from common.api.limits import Limits
from common.api.problems import MOST_ERRORS
from common.api.refusals import refusals_of
from common.errors import DomainError

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

# The name in the document of each answer that is the same wherever it is given, and what it says.
COMMON = {
    304: ("NotModified", "What `If-None-Match` names is still so; no body."),
    400: ("BadRequest", "The input is not valid, or has fields or parameters that are not known here."),
    401: ("Unauthorized", "There is no access token, or it does not work any more."),
    403: ("Forbidden", "The caller may not do this."),
    404: ("NotFound", "It does not exist, or is not the caller's: both look the same."),
    406: ("NotAcceptable", "There is no format here that `Accept` allows."),
    409: ("Conflict", "Another request with the key is under way, or somebody has just written the same."),
    413: ("BodyTooLarge", "The body is too large."),
    415: ("UnsupportedMediaType", "Bodies of this content type are not taken here."),
    422: ("KeyReused", "The `Idempotency-Key` was used for another request."),
    503: ("Unavailable", "The shop cannot answer right now; `Retry-After` says when to try again."),
}


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


DEPRECATION_FIELDS = {
    "Deprecation": {
        "schema": {"type": "string"},
        "description": "Since when it is deprecated (RFC 9745).",
    },
    "Sunset": {"schema": {"type": "string"}, "description": "When it ends (RFC 8594), where that is known."},
}


class ApiSchema(AutoSchema):
    """Adds to each operation the problems that its view can answer, and its limits."""

    def get_operation(self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any) -> Any:
        operation = super().get_operation(path, path_regex, path_prefix, method, registry)
        if operation is not None:
            limits: Limits = getattr(self.view, "limits", {}).get(method, ())
            if limits:
                operation["responses"]["429"] = _too_many(limits)
            for status, errors in sorted(refusals_of(self.view, path, method).items()):
                operation["responses"].setdefault(str(status), _answer(status, errors))
            self._deprecate(operation, path_regex, method)
            operation["responses"] = dict(sorted(operation["responses"].items()))
        return operation

    def _deprecate(self, operation: dict[str, Any], route: str, method: str) -> None:
        """Mark what of the operation its view declares to be deprecated."""
        for text, deprecated in getattr(self.view, "deprecated", {}).items():
            part = Part.read(text)
            if part.method != method:
                continue
            if part.kind == "?":
                self._deprecate_parameter(operation, part.name, deprecated)
            elif part.kind == ".":
                body = self.get_request_serializer()
                component = self.resolve_serializer(body, "request")  # type: ignore[arg-type]  # it has a field
                component.schema["properties"][part.name]["deprecated"] = True
            else:
                operation["deprecated"] = True
            what = f"`{part.name}` is" if part.name else "This is"
            told = deprecated.in_words(what)
            operation["description"] = "\n\n".join(filter(None, [operation.get("description", ""), told]))
            for answer in operation["responses"].values():
                if "$ref" not in answer:
                    answer.setdefault("headers", {}).update(DEPRECATION_FIELDS)

    def _deprecate_parameter(self, operation: dict[str, Any], name: str, deprecated: Deprecated) -> None:
        for parameter in operation.get("parameters", ()):
            if parameter["name"] == name and parameter["in"] == "query":
                parameter["deprecated"] = True


def _answer(status: int, errors: set[type[DomainError]]) -> dict[str, Any]:
    if not errors:
        return {"$ref": f"#/components/responses/{COMMON[status][0]}"}
    named = [f"`{error.code}`: {error.title}." for error in sorted(errors, key=lambda error: error.code)]
    usual = [COMMON[status][1]] if status in COMMON else []
    return _problem(" ".join(usual + named))


def _too_many(limits: Limits) -> dict[str, Any]:
    names = ", ".join(f"`LIMIT_{limit.scope}`" for limit in limits)
    return {**_problem(f"Too many requests: {names}."), "headers": LIMIT_FIELDS}


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemDocument"}
    return {"description": description, "content": {"application/problem+json": {"schema": schema}}}


def add_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Document the error shape, and the answers that are the same everywhere, once."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["ProblemDocument"] = PROBLEM_SCHEMA
    components["responses"] = {
        name: _problem(text) if status >= 400 else {"description": text} for status, (name, text) in COMMON.items()
    }
    return result
