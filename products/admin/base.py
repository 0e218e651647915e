"""What the catalogue's admin pages share."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from authentication.models import User


def staff_of(request: HttpRequest) -> User:
    """Who is at it; the admin site lets nobody in who is not signed in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
