"""What the catalogue's admin pages share: a service's refusal is shown, and nothing of the change is kept."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin

from common.errors import DomainError


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
