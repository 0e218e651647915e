"""The base of the views below auth/."""

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from authentication.models import User
from common.api.views import ApiView


class AuthView(ApiView):
    """A view about the caller's own account; it honours no Idempotency-Key, and its answers are never stored."""

    idempotent = False
    cache_control = "no-store"


class PublicAuthView(AuthView):
    """A view for people who are not signed in; a stale access token beside their request does no harm."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


def user_of(request: Request) -> User:
    """The caller; raises NotAuthenticated for a guest."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user
