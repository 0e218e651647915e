"""Marks callers who write, so that they see what they have written through whatever host and replica they ask next."""

from collections.abc import Callable

import structlog
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from common.replicas import marks

logger = structlog.stdlib.get_logger(__name__)

_READS = frozenset({"GET", "HEAD", "OPTIONS"})


class MarkMiddleware:
    """Notes who has written once it is done, and tells the position in X-Read-After; only with replicas."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        # Who asked the database nothing has no connection of the pool, and has written nothing.
        if request.method not in _READS and connection.connection is not None:
            try:
                position = marks.note(marks.Asker(request.META, _user_id(request)))
            except (DatabaseError, InterfaceError) as error:  # what was written stays written
                logger.warning("read_mark_failed", error=type(error).__name__)
            else:
                if position:
                    response[marks.HEADER] = position
        return response


def _user_id(request: HttpRequest) -> int | None:
    user = getattr(request, "user", None)
    return user.pk if user is not None and user.is_authenticated else None
