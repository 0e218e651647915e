"""Signing in by e-mail address or user name."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from authentication.models import User

LONGEST_PASSWORD = 4_096  # more is no password but an attack on the hasher


class EmailOrUsernameBackend(ModelBackend):
    """Django's model backend with either name; an unknown one costs the time of a hash all the same."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        login = username or kwargs.get("email")
        if not login or password is None or len(password) > LONGEST_PASSWORD:
            return None
        try:
            user = User.objects.by_login(login)
        except User.DoesNotExist:
            User().set_password(password)
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None
