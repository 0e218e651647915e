"""Imports in the admin: what each changed, to look at, and to undo."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from common.admin_bases import ReadOnlyAdmin, ReadOnlyInline, go_to
from common.errors import DomainError
from common.imports.batches import undo_batch
from common.models import ImportBatch, ImportChange
from common.numbers import whole_number

STATUS_COLOURS = {"applied": "success", "undone": "info", "partly_undone": "warning"}
OUTCOME_COLOURS = {"put_back": "success", "partly": "warning", "left": "danger"}
_CHANGES_SHOWN = 50
_LONGEST_VALUE = 200


@display(description="Values")
def shown_values(change: ImportChange) -> SafeString | str:
    """The columns with their values before and after, or of a created row what the import wrote."""
    before = change.before
    if before is None:
        return format_html_join("", "<div>{}: {}</div>", ((name, _short(new)) for name, new in change.after.items()))
    return format_html_join(
        "",
        "<div>{}: {} → {}</div>",
        ((name, _short(before.get(name)), _short(new)) for name, new in change.after.items()),
    )


def _short(value: Any) -> str:
    text = "-" if value is None else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


class ImportChangeInline(ReadOnlyInline):
    """What the batch changed."""

    model = ImportChange
    per_page = _CHANGES_SHOWN
    fields = ("line", "kind", "action", "label", shown_values, "outcome", "reason")
    readonly_fields = fields
    ordering = ("kind", "target_id")
    verbose_name_plural = "Changes"


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnlyAdmin):
    """A batch is written by an import and moved by an undo, never edited."""

    list_display = (
        *("id", "created_at", "subject", "file_name", "format", "mode", "actor"),
        *("created_count", "updated_count", "refused_count", "shown_status", "undone_at"),
    )
    list_display_links = ("id", "file_name")
    list_filter = ("subject", "status", "format")
    list_select_related = ("actor",)
    search_fields = ("file_name", "actor__email")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    inlines = (ImportChangeInline,)
    actions_detail = ("undo",)
    fieldsets = (
        (None, {"fields": (("file_name", "status"), ("subject", "format"), ("mode", "actor"), ("created_at",))}),
        (
            "Rows",
            {"fields": (("created_count", "updated_count", "unchanged_count"), ("skipped_count", "refused_count"))},
        ),
        ("Undone", {"fields": (("undone_by", "undone_at"), ("put_back_count", "left_count"), "all_changes")}),
    )
    readonly_fields = ("created_at", "all_changes")

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def shown_status(self, batch: ImportBatch) -> tuple[str, str]:
        return batch.status, batch.get_status_display()

    @display(description="Changes")
    def all_changes(self, batch: ImportBatch) -> SafeString:
        page = reverse("admin:common_importchange_changelist")
        return format_html(
            '<a class="text-primary-600" href="{}?batch__id__exact={}">Search and filter them</a>', page, batch.pk
        )

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[UnfoldAction]:
        """An undo of what is not undone yet."""
        allowed: list[UnfoldAction] = super().get_actions_detail(request, object_id)
        batches = ImportBatch.objects.filter(pk=whole_number(str(object_id)) or 0, status=ImportBatch.Status.APPLIED)
        return allowed if batches.exists() else []

    def has_undo_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether the user may undo imports."""
        return request.user.has_perm("common.change_importbatch")

    @action(
        description="Undo",
        permissions=["undo"],
        icon="undo",
        variant=ActionVariant.DANGER,
        dialog={
            "title": "Undo this import?",
            "description": "Puts back what no one has changed since. What is in use stays, taken off the shop.",
            "form_class": None,
            "form_submit_text": "Undo",
        },
    )
    def undo(self, request: HttpRequest, form: Any, object_id: int) -> HttpResponse:
        try:
            summary = undo_batch(batch_id=whole_number(str(object_id)) or 0, actor=request.user)
        except DomainError as error:
            messages.error(request, error.detail)
        else:
            say = messages.warning if summary.left else messages.success
            say(request, f"{summary.put_back} changes were put back, {summary.left} left.")
        page = reverse("admin:common_importbatch_change", args=[object_id])
        return go_to(request, page)


@admin.register(ImportChange)
class ImportChangeAdmin(ReadOnlyAdmin):
    """All changes of all imports, to search."""

    list_display = ("batch", "line", "kind", "action", "label", shown_values, "shown_outcome", "reason")
    list_display_links = None
    list_filter = ("kind", "action", "outcome")
    list_select_related = ("batch",)
    search_fields = ("=label",)
    search_help_text = "SKU, or path of a category"
    ordering = ("-batch", "kind", "target_id")
    show_full_result_count = False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """A batch's page links to its changes."""
        return lookup == "batch__id__exact" or super().lookup_allowed(lookup, value, request)

    @display(description="Outcome", label=OUTCOME_COLOURS)
    def shown_outcome(self, change: ImportChange) -> tuple[str, str]:
        return change.outcome, change.get_outcome_display()
