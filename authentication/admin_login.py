"""The admin site's form to sign in, whose attempts count like those of the API."""

from typing import Any

from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm

from authentication.services import sign_in_limits
from common.client import client_network
from common.limits.errors import RateLimited


class LimitedAuthenticationForm(AuthenticationForm):
    """Refuses, whatever the password, after too many attempts; `refusal` is then the error."""

    refusal: RateLimited | None = None

    def clean(self) -> dict[str, Any]:
        login, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not login or not password:
            return dict(super().clean())
        try:
            with sign_in_limits.attempt(login=login, network=client_network(self.request)):
                return dict(super().clean())
        except RateLimited as error:
            self.refusal = error
            raise ValidationError(
                "Too many attempts to sign in. Try again in %(seconds)d seconds.",
                code=error.code,
                params={"seconds": error.retry_after_seconds},
            ) from error
