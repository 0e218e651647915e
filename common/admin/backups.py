"""Backups to look at: how old each is, and whether it was proved to restore; commands and beat take and prove them."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.timesince import timesince
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from common.admin_bases import ReadOnlyAdmin
from common.models import Backup

COLOURS = {"verified": "success", "not verified": "warning", "damaged": "danger"}


class ProofFilter(admin.SimpleListFilter):
    """By what the last verification found."""

    title = "proof"
    parameter_name = "proof"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("verified", "Verified"), ("waits", "Not verified"), ("damaged", "Damaged")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Backup]) -> QuerySet[Backup]:
        if self.value() == "verified":
            return queryset.filter(verified_at__isnull=False, problem="")
        if self.value() == "waits":
            return queryset.filter(verified_at=None, problem="")
        return queryset.filter(~Q(problem="")) if self.value() == "damaged" else queryset


@admin.register(Backup)
class BackupAdmin(ReadOnlyAdmin):
    """A row stays when retention has dropped its files."""

    list_display = ("name", "proof", "age", "taken_at", "size", "checked_at", "place")
    list_filter = (ProofFilter, ("taken_at", RangeDateFilter))
    list_filter_submit = True
    search_fields = ("name", "place")
    ordering = ("-taken_at", "-id")
    fields = ("name", "place", "proof", "problem", "age", "taken_at", "checked_at", "verified_at", "size", "sha256")
    readonly_fields = ("proof", "age", "size")

    @display(description="Proof", label=COLOURS)
    def proof(self, backup: Backup) -> str:
        if backup.problem:
            return "damaged"
        return "verified" if backup.verified_at else "not verified"

    @display(description="Age", ordering="-taken_at")
    def age(self, backup: Backup) -> str:
        return timesince(backup.taken_at)

    @display(description="Size", ordering="bytes")
    def size(self, backup: Backup) -> str:
        return filesizeformat(backup.bytes)
