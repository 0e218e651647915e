"""Problem documents (RFC 9457): their shape, Django's own error pages in that shape, and the page behind `type`."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from common.api.renderers import to_json
from common.errors import DomainError, FieldError
from common.request_id import current_request_id

CONTENT_TYPE = "application/problem+json"
MOST_ERRORS = 1_000

# What the code of a problem means, for the page behind its `type`; domain errors explain themselves by their title.
EXPLANATIONS = {
    "invalid": "The input is not valid; `errors` names each field and what is wrong with it.",
    "unknown_field": "The request carries a field or parameter that does not exist here or that only the server sets.",
    "malformed_json": "The body is not valid JSON.",
    "malformed_request": "The request could not be understood.",
    "not_authenticated": "Sign in first: send `Authorization: Bearer <access token>`.",
    "authentication_failed": "The credentials or the token are not valid.",
    "permission_denied": "The caller may not do this.",
    "not_found": "There is nothing here, or nothing that the caller may see.",
    "method_not_allowed": "The address does not take this method.",
    "not_acceptable": "The address cannot answer in a format that `Accept` allows.",
    "body_too_large": "The request body is too large.",
    "unsupported_media_type": "The address does not take bodies of this content type.",
    "conflict": "Somebody else has just written the same, or removed what this refers to; read it again.",
    "precondition_failed": "What you are changing has changed since you read it.",
    "precondition_required": "Changing this needs `If-Match` with the ETag of what you read.",
    "internal_error": "Something broke on our side; quote `request_id` when you ask about it.",
    "unavailable": "The shop cannot answer right now; try again after `Retry-After`.",
}


def problem(
    *,
    status: int,
    code: str,
    title: str,
    detail: str,
    errors: Sequence[FieldError] = (),
    **facts: Any,
) -> dict[str, Any]:
    """The members of a problem document; of very many errors it lists the first MOST_ERRORS."""
    return {
        "type": f"/api/problems/{code}/",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [error.as_dict() for error in errors[:MOST_ERRORS]],
        "request_id": current_request_id(),
        **facts,
    }


def problem_response(
    *, status: int, code: str, title: str, detail: str, retry_after: int | None = None
) -> HttpResponse:
    """A problem document outside of DRF, for Django's own handlers and middleware."""
    body = problem(status=status, code=code, title=title, detail=detail)
    response = HttpResponse(to_json(body), status=status, content_type=CONTENT_TYPE)
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400."""
    return problem_response(
        status=400, code="malformed_request", title="Bad request", detail=EXPLANATIONS["malformed_request"]
    )


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    return problem_response(
        status=403, code="permission_denied", title="Forbidden", detail=EXPLANATIONS["permission_denied"]
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW."""
    return problem_response(status=403, code="csrf_failed", title="Forbidden", detail=reason)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    return problem_response(status=404, code="not_found", title="Not found", detail=EXPLANATIONS["not_found"])


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500."""
    return problem_response(
        status=500,
        code="internal_error",
        title="Internal server error",
        detail=EXPLANATIONS["internal_error"],
    )


def _titles(kind: type[DomainError]) -> dict[str, str]:
    """The title of every domain error by its code."""
    titles = {kind.code: kind.title}
    for narrower in kind.__subclasses__():
        titles |= _titles(narrower)
    return titles


def explain(request: HttpRequest, code: str) -> HttpResponse:
    """The page behind a problem's `type`, written for a person."""
    if not code.replace("_", "").isalnum():
        raise Http404
    text = EXPLANATIONS.get(code) or _titles(DomainError).get(code, "")
    return render(request, "problem.html", {"code": code, "text": text})
