"""What the catalogue's admin pages share: a service's refusal is shown, and nothing of the change is kept."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin

from authentication.models import User
from common.errors import DomainError


def staff_of(request: HttpRequest) -> User:
    """Who is at it; the admin site lets nobody in who is not signed in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


class ServiceAdmin(ModelAdmin):
    """A page that saves and deletes through services."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except DomainError as error:
            return _refused(request, error)
        return response

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().delete_view(request, *args, **kwargs)
        except DomainError as error:
            return _refused(request, error)
        return response


def _refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    messages.error(request, error.detail)
    return HttpResponseRedirect(request.path)
