"""What the admin pages of all applications are built on: rows to look at, rows that services write, locked rows."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import connection
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action

from common.errors import DomainError
from common.locking import lock_row


class ReadOnlyAdmin(ModelAdmin):
    """A page to look at; changes go through its actions."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyInline(TabularInline):
    """Rows beside their owner, to look at."""

    extra = 0
    can_delete = False
    hide_title = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AuditedAdmin(ModelAdmin):
    """A page with a way to what the audit says of its row; `actions_detail` names `read_audit`."""

    def has_read_audit_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether the user may read the audit."""
        return request.user.has_perm("common.view_auditentry")

    @action(description="Audit", icon="policy", permissions=["read_audit"])
    def read_audit(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Lead to the entries of this row."""
        wanted = {"object_type__exact": self.model._meta.label_lower, "object_id__exact": object_id}  # noqa: SLF001
        return HttpResponseRedirect(f"{reverse('admin:common_auditentry_changelist')}?{urlencode(wanted)}")


class ServiceAdmin(ModelAdmin):
    """A page that saves and deletes through services; a refusal is shown, and nothing of the change is kept."""

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


def locked_for_change(request: HttpRequest, found: Any) -> Any:
    """The row that a page is about to save, read under its lock, so that the form writes nothing back that is older.

    What is only shown, or stands outside a transaction, is returned as it was found.
    """
    if found is None or request.method != "POST" or not connection.in_atomic_block:
        return found
    return lock_row(type(found)._default_manager.filter(pk=found.pk))  # noqa: SLF001 - Django's public name for it


def go_to(request: HttpRequest, page: str) -> HttpResponse:
    """Lead to the page, whether the button stood on a page of its own or in a dialog over one."""
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": page})
    return HttpResponseRedirect(page)


def _refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    messages.error(request, error.detail)
    return HttpResponseRedirect(request.path)
