"""Backups in the admin: what was taken, and whether it is known to restore; they are made by `manage.py backup`."""

from django.contrib import admin
from django.template.defaultfilters import filesizeformat
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from common.admin_bases import ReadOnlyAdmin
from common.models import Backup

COLOURS = {"verified": "success", "not verified yet": "info", "does not restore": "danger"}


@admin.register(Backup)
class BackupAdmin(ReadOnlyAdmin):
    """To look at; docs/backup.md says how to bring one back."""

    list_display = ("name", "state", "taken_at", "verified_at", "size", "place")
    list_filter = (("taken_at", RangeDateFilter), ("verified_at", admin.EmptyFieldListFilter))
    list_filter_submit = True
    search_fields = ("name", "place")
    date_hierarchy = "taken_at"
    ordering = ("-taken_at", "-id")
    fields = ("name", "place", "taken_at", "size", "sha256", "checked_at", "verified_at", "problem")
    readonly_fields = ("size",)

    @display(description="State", label=COLOURS)
    def state(self, backup: Backup) -> str:
        if backup.problem:
            return "does not restore"
        return "verified" if backup.verified_at else "not verified yet"

    @display(description="Size", ordering="bytes")
    def size(self, backup: Backup) -> str:
        return filesizeformat(backup.bytes)
