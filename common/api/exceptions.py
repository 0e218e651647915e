"""The one place where errors become HTTP: domain errors, DRF's and Django's, all as problem documents."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404
from psycopg2 import errorcodes
from rest_framework import exceptions
from rest_framework.fields import get_error_detail
from rest_framework.response import Response
from rest_framework.views import set_rollback

from common.api.problems import CONTENT_TYPE, EXPLANATIONS, problem
from common.api.renderers import JSONRenderer
from common.errors import DomainError, FieldError, NotFound

logger = structlog.stdlib.get_logger(__name__)

# What one of two writers meets at the last guard: the same was written, or what this refers to was removed.
CONFLICTS = frozenset({errorcodes.UNIQUE_VIOLATION, errorcodes.EXCLUSION_VIOLATION, errorcodes.FOREIGN_KEY_VIOLATION})


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER; None lets what nobody foresaw become Django's 500."""
    response = _respond(error)
    if response is not None:
        response.content_type = CONTENT_TYPE
        if request := context.get("request"):  # a problem is JSON, in whatever format the view would have answered
            request.accepted_renderer, request.accepted_media_type = JSONRenderer(), JSONRenderer.media_type
        set_rollback()
    return response


def _respond(error: Exception) -> Response | None:
    if isinstance(error, Http404):
        error = NotFound()  # one body, whoever did not find it
    if isinstance(error, DomainError):
        return _from_domain(error)
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, DjangoValidationError):
        error = exceptions.ValidationError(get_error_detail(error))
    if isinstance(error, exceptions.APIException):
        return _from_drf(error)
    if isinstance(error, OperationalError | InterfaceError):
        return _unavailable(error)
    if isinstance(error, IntegrityError | DataError):
        return _refused_by_database(error)
    return None


def _from_domain(error: DomainError) -> Response:
    body = problem(
        status=error.status,
        code=error.code,
        title=error.title,
        detail=error.detail,
        errors=error.errors,
        **error.facts,
    )
    response = Response(body, status=error.status)
    retry_after = getattr(error, "retry_after_seconds", None)
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    if error.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="api"'  # RFC 9110, 11.6.1: a 401 names its scheme
    return response


def _from_drf(error: exceptions.APIException) -> Response:
    errors: list[FieldError] = []
    if isinstance(error, exceptions.ValidationError):
        errors = list(flatten(error.detail))
        code, detail = "invalid", errors[0].detail if len(errors) == 1 else EXPLANATIONS["invalid"]
        if errors and all(item.code == "unknown_field" for item in errors):
            code = "unknown_field"
    else:
        code, detail = _code_of(error), str(error.detail)
    status = error.status_code
    body = problem(status=status, code=code, title=HTTPStatus(status).phrase, detail=detail, errors=errors)
    response = Response(body, status=status)
    if header := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = header
    if (wait := getattr(error, "wait", None)) is not None:
        response["Retry-After"] = str(int(wait))
    return response


def _code_of(error: exceptions.APIException) -> str:
    codes = error.get_codes()
    renamed = {"parse_error": "malformed_request"}
    code = codes if isinstance(codes, str) else error.default_code
    return renamed.get(code, code)


def _unavailable(error: Exception) -> Response:
    logger.error("database_unavailable", exc_info=error)
    body = problem(
        status=503,
        code="unavailable",
        title=HTTPStatus.SERVICE_UNAVAILABLE.phrase,
        detail=EXPLANATIONS["unavailable"],
    )
    return Response(body, status=503, headers={"Retry-After": "1"})


def _refused_by_database(error: IntegrityError | DataError) -> Response | None:
    """What the last guard refuses of two writers at once, or of a value no column holds; anything else is a bug."""
    code = getattr(error.__cause__, "pgcode", None)
    if code in CONFLICTS:
        status, name = 409, "conflict"
    elif isinstance(error, DataError):
        status, name = 400, "invalid"
    else:
        return None
    logger.warning("refused_by_database", exc_info=error)
    body = problem(status=status, code=name, title=HTTPStatus(status).phrase, detail=EXPLANATIONS[name])
    return Response(body, status=status)


def flatten(detail: Any, path: str = "") -> Iterator[FieldError]:
    """DRF's nested error detail as a flat list; nested fields are joined by dots (`items.0.quantity`)."""
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            name = path if key == "non_field_errors" else f"{path}.{key}".lstrip(".")
            yield from flatten(value, name)
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            nested = isinstance(value, Mapping | list)
            yield from flatten(value, f"{path}.{index}".lstrip(".") if nested else path)
    else:
        yield FieldError(path or None, getattr(detail, "code", "invalid"), str(detail))
