"""Exports in the admin: begun, watched, downloaded."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from unfold.widgets import UnfoldAdminSelectWidget

from common.admin.jobs import JobAdmin, download, not_found_as_404
from common.errors import NotFound
from common.imports.jobs import moves
from common.imports.jobs.downloads import open_export
from common.imports.subjects import import_subjects
from common.models import ExportJob


def subjects_of(user: Any) -> list[str]:
    """What the user may export."""
    return [
        name
        for name, subject in import_subjects
        if subject.export is not None and user.has_perm(subject.export_permission)
    ]


class ExportForm(forms.Form):
    """What to export."""

    subject = forms.ChoiceField(label="What to export", widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(name, name.capitalize()) for name in subjects_of(user)]
        self.fields["subject"].initial = "products"  # what is exported most, wherever it stands among them
        self.fields["subject"].choices = choices  # type: ignore[attr-defined]


@admin.register(ExportJob)
class ExportJobAdmin(JobAdmin):
    """Exports that staff began, here or by API."""

    add_permission = "common.add_exportjob"
    view_permission = "common.view_exportjob"
    page_template = "export"
    list_display = ("id", "shown_time", "subject", "shown_status", "row_count", "shown_size", "actor")
    list_display_links = ("id", "subject")
    list_filter = ("subject", "status")
    ordering = ("-id",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(self.add_permission) and bool(subjects_of(request.user))

    def get_urls(self) -> list[URLPattern]:
        file = self.admin_site.admin_view(self.file_view)
        return [path("<int:pk>/file/", file, name=self._name("file")), *super().get_urls()]

    def title_of(self, job: Any) -> str:
        return f"Export of {job.subject}"

    def details(self, job: Any, request: HttpRequest) -> dict[str, Any]:
        return {**super().details(job, request), "file_url": self.address("file", job) if job.stored_file else ""}

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The form, and what it sends."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ExportForm(request.POST or None, user=request.user)
        if request.method == "POST" and form.is_valid():
            return self.to_job(moves.request_export(subject=form.cleaned_data["subject"], actor=request.user))
        return self.page(request, "export_form", title="Export to a file", form=form)

    def file_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The file."""
        job = self.job_of(request, pk)
        try:
            return download(open_export(job), job.file_name)
        except NotFound as error:
            raise not_found_as_404(error) from error
