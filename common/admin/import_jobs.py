"""Imports in the admin: upload, look at the difference, confirm, watch, download the refused rows, undo."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from common.admin.jobs import JobAdmin, download, not_found_as_404, page_of
from common.errors import DomainError, NotFound
from common.imports.jobs import moves, uploads
from common.imports.jobs.downloads import open_refused
from common.imports.jobs.findings import MOST_ROWS_KEPT
from common.imports.listening import AUTO, Mode
from common.imports.subjects import find_subject, import_subjects
from common.models import ImportJob

MODES = {
    Mode.UPSERT: "Create what is new and update what is there",
    Mode.CREATE: "Only create what is new",
    Mode.UPDATE: "Only update what is there",
}


def subjects_of(user: Any) -> list[str]:
    """What the user may import."""
    return [name for name, subject in import_subjects if user.has_perm(subject.permission)]


class UploadForm(forms.Form):
    """A file and how it is to be read."""

    subject = forms.ChoiceField(label="What is in the file", widget=UnfoldAdminSelectWidget)
    file = forms.FileField(
        label="File", allow_empty_file=True, widget=UnfoldAdminFileFieldWidget, help_text="CSV, gzipped or not"
    )
    mode = forms.ChoiceField(
        label="What it may do",
        choices=[(each.value, text) for each, text in MODES.items()],
        widget=UnfoldAdminSelectWidget,
    )
    format = forms.ChoiceField(label="Format", widget=UnfoldAdminSelectWidget)
    encoding = forms.CharField(
        label="Encoding",
        required=False,
        max_length=30,
        widget=UnfoldAdminTextInputWidget,
        help_text="Leave it empty to have it found out",
    )
    images = forms.FileField(
        label="Pictures",
        required=False,
        widget=UnfoldAdminFileFieldWidget,
        help_text="ZIP of the files that the rows name",
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        subjects = subjects_of(user)
        formats = dict.fromkeys(each for name in subjects for each in find_subject(name).formats)
        self.fields["subject"].choices = [(name, name.capitalize()) for name in subjects]  # type: ignore[attr-defined]
        self.fields["subject"].initial = "products"  # what is imported most, wherever it stands among them
        self.fields["format"].choices = [  # type: ignore[attr-defined]
            (AUTO, "As its first line tells"),
            *((each, each.capitalize()) for each in formats),
        ]
        self.fields["file"].help_text += f", at most {settings.IMPORT_MAX_BYTES // 1_000_000:,} MB"
        if not any(find_subject(name).takes_images for name in subjects):
            del self.fields["images"]
        for name, field in self.fields.items():
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"id_{name}_help"

    @property
    def upload(self) -> uploads.Upload:
        """What is to be received."""
        asked = self.cleaned_data
        return uploads.Upload(
            subject=asked["subject"],
            file=asked["file"],
            format_name=asked["format"],
            mode=Mode(asked["mode"]),
            encoding=asked["encoding"],
            images=asked.get("images"),
        )


@admin.register(ImportJob)
class ImportJobAdmin(JobAdmin):
    """Imports that staff began, here or by API."""

    add_permission = "common.add_importjob"
    view_permission = "common.view_importjob"
    page_template = "import"
    list_display = (
        *("id", "shown_time", "subject", "file_name", "shown_status"),
        *("shown_created", "shown_updated", "shown_refused", "actor"),
    )
    list_display_links = ("id", "file_name")
    list_filter = ("subject", "status")
    search_fields = ("file_name", "actor__email")
    ordering = ("-id",)

    @display(description="Created", ordering="created_count")
    def shown_created(self, job: ImportJob) -> int:
        return job.created_count

    @display(description="Updated", ordering="updated_count")
    def shown_updated(self, job: ImportJob) -> int:
        return job.updated_count

    @display(description="Refused", ordering="refused_count")
    def shown_refused(self, job: ImportJob) -> int:
        return job.refused_count

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(self.add_permission) and bool(subjects_of(request.user))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/confirm/", wrap(require_POST(self.confirm_view)), name=self._name("confirm")),
            path("<int:pk>/cancel/", wrap(require_POST(self.cancel_view)), name=self._name("cancel")),
            path("<int:pk>/refused/", wrap(self.refused_view), name=self._name("refused")),
            *super().get_urls(),
        ]

    def title_of(self, job: Any) -> str:
        return f"Import of {job.file_name}"

    def details(self, job: Any, request: HttpRequest) -> dict[str, Any]:
        may_move = request.user.has_perm(self.add_permission)
        may_see_batch = job.batch_id and request.user.has_perm("common.view_importbatch")
        return {
            **super().details(job, request),
            "counts": _counts(job),
            "changes": page_of(job.changes.order_by("position", "pk"), request.GET.get("page")),
            "refusals": page_of(job.refusals.order_by("position", "pk"), request.GET.get("refused_page")),
            "most_rows": MOST_ROWS_KEPT,
            "confirm_url": self.address("confirm", job) if may_move and job.status == "checked" else "",
            "cancel_url": self.address("cancel", job) if may_move and job.status in moves.CANCELLABLE else "",
            "refused_url": self.address("refused", job) if job.stored_refused else "",
            "batch_url": reverse("admin:common_importbatch_change", args=[job.batch_id]) if may_see_batch else "",
            "new_url": reverse("admin:common_importjob_add") if self.has_add_permission(request) else "",
        }

    @method_decorator(csrf_exempt)  # else the whole body would be read to look for a token before anybody is let in
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The form, and what it sends; the token is looked for once it is known that the user may upload."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        answer: HttpResponse = csrf_protect(self._receive)(request)
        return answer

    def _receive(self, request: HttpRequest) -> HttpResponse:
        form = UploadForm(request.POST or None, request.FILES or None, user=request.user)
        if request.method == "POST" and form.is_valid():
            try:
                return self.to_job(uploads.receive_import(upload=form.upload, actor=request.user))
            except DomainError as error:
                field = error.errors[0].field if error.errors else "file"
                form.add_error(field if field in form.fields else None, error.detail)
        limits = {"most_bytes": settings.IMPORT_MAX_BYTES, "most_image_bytes": settings.IMPORT_IMAGES_MAX_BYTES}
        return self.page(request, "upload", title="Import a file", form=form, **limits)

    def confirm_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have the checked file imported."""
        return self._moved(request, pk, lambda job: moves.confirm_import(job_id=job.pk, actor=request.user))

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End the import before it begins."""
        return self._moved(request, pk, lambda job: moves.cancel_import(job_id=job.pk))

    def _moved(self, request: HttpRequest, pk: int, move: Callable[[ImportJob], ImportJob]) -> HttpResponse:
        if not request.user.has_perm(self.add_permission):
            raise PermissionDenied
        job = self.job_of(request, pk)
        try:
            move(job)
        except DomainError as error:
            messages.error(request, error.detail)
        return self.to_job(job)

    def refused_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The refused rows, to be mended and sent again."""
        job = self.job_of(request, pk)
        try:
            return download(open_refused(job), f"refused-{job.pk}.csv")
        except NotFound as error:
            raise not_found_as_404(error) from error


def _counts(job: ImportJob) -> list[tuple[str, int]]:
    """The figures with their names, those of refused rows and differing stock only where there are some."""
    is_done = job.status == ImportJob.Status.DONE
    counts = [
        ("created" if is_done else "to create", job.created_count),
        ("updated" if is_done else "to update", job.updated_count),
        ("unchanged", job.unchanged_count),
        ("rows refused", job.refused_count),
    ]
    rare = [("skipped by the mode", job.skipped_count), ("state another stock", job.stock_differs_count)]
    return counts + [(name, count) for name, count in rare if count]
