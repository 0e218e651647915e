"""Middleware of Django that only the admin needs, kept out of the way of everything else."""

from typing import Any, Protocol

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest

ADMIN = "/admin/"


class _Middleware(Protocol):
    get_response: Any

    def __call__(self, request: HttpRequest) -> Any: ...


class _AdminOnly:
    """The API knows its callers by their tokens: it has no session, no user of a session, and no messages."""

    def __call__(self: _Middleware, request: HttpRequest) -> Any:
        if request.path_info.startswith(ADMIN):
            return super().__call__(request)  # type: ignore[safe-super]  # the class of Django beside this one
        return self.get_response(request)


class AdminSessionMiddleware(_AdminOnly, SessionMiddleware):
    """Sessions, in the admin."""


class AdminAuthenticationMiddleware(_AdminOnly, AuthenticationMiddleware):
    """The user of the session, in the admin."""


class AdminMessageMiddleware(_AdminOnly, MessageMiddleware):
    """Messages to the next page, in the admin."""
