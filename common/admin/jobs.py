"""What the admin pages of imports and exports share: who sees which job, its page, its progress, its downloads."""

from typing import IO, Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display

from common.errors import NotFound
from common.models import ExportJob, ImportJob
from common.numbers import whole_number

ROWS_A_PAGE = 50
STATUS_COLOURS = {
    **dict.fromkeys(("uploaded", "checking", "confirmed", "importing", "queued", "exporting"), "info"),
    "checked": "warning",
    "done": "success",
    "failed": "danger",
}


class JobAdmin(ModelAdmin):
    """Jobs are begun and moved through services; nobody edits or deletes them."""

    list_select_related = ("actor",)
    list_fullwidth = True
    actions = None
    add_permission: ClassVar[str]
    view_permission: ClassVar[str]
    page_template: ClassVar[str]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user = request.user
        return user.has_perm(self.add_permission) or user.has_perm(self.view_permission)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What the user may see."""
        return self.model.objects.visible_to(request.user).for_list()  # type: ignore[no-any-return]

    def get_urls(self) -> list[URLPattern]:
        progress = self.admin_site.admin_view(self.progress_view)
        return [path("<int:pk>/progress/", progress, name=self._name("progress")), *super().get_urls()]

    def _name(self, action: str) -> str:
        return f"common_{self.opts.model_name}_{action}"

    def address(self, action: str, job: Any) -> str:
        """The address of a page of the job."""
        return reverse(f"admin:{self._name(action)}", args=[job.pk])

    def job_of(self, request: HttpRequest, pk: int) -> Any:
        """The job, if the user may see it; raises Http404, and PermissionDenied for those who see none at all."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        job = self.get_queryset(request).filter(pk=pk).first()
        if job is None:
            raise Http404
        return job

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The job's page."""
        job = self.job_of(request, whole_number(object_id) or 0)
        return self.page(
            request, self.page_template, title=str(self.title_of(job)), job=job, **self.details(job, request)
        )

    def title_of(self, job: Any) -> str:
        """What stands above the job's page."""
        return str(job)

    def details(self, job: Any, request: HttpRequest) -> dict[str, Any]:
        """What the job's page shows."""
        return {"progress": progress_of(job), "progress_url": self.address("progress", job)}

    def page(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        """A page within the admin."""
        frame = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/common/jobs/{template}.html", frame)

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far the job is, for the script of its page."""
        return JsonResponse(progress_of(self.job_of(request, pk)), headers={"Cache-Control": "no-store"})

    def to_job(self, job: Any) -> HttpResponse:
        """Back to the job's page."""
        return HttpResponseRedirect(self.address("change", job))

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def shown_status(self, job: Any) -> tuple[str, str]:
        return job.status, job.get_status_display()

    @display(description="Begun", ordering="created_at")
    def shown_time(self, job: Any) -> SafeString:
        return format_html('<span class="whitespace-nowrap">{}</span>', job.created_at.strftime("%-d %b %Y, %H:%M"))

    @display(description="Size", ordering="size")
    def shown_size(self, job: Any) -> str:
        return str(filesizeformat(job.size))


def progress_of(job: ImportJob | ExportJob) -> dict[str, Any]:
    """How far the job is: its status, a percentage (none while it is unknown), and in words."""
    done, total = job.progress_done, job.progress_total
    is_bounded = isinstance(job, ImportJob) and total > 0
    return {
        "status": job.status,
        "percent": done * 100 // total if is_bounded else None,
        "text": _how_far(job),
        "is_moving": job.is_moving,
    }


def _how_far(job: ImportJob | ExportJob) -> str:
    done, total = job.progress_done, job.progress_total
    if not job.is_moving:
        return ""
    if job.status in {"uploaded", "confirmed", "queued"}:
        return "A worker takes it up within seconds, unless another job is before it."
    if isinstance(job, ExportJob):
        return f"{done:,} rows so far."
    if total and done >= total:
        return "The file is read; now it is compared with the shop."
    return f"{filesizeformat(done)} of {filesizeformat(total)} read." if total else ""


def page_of(rows: QuerySet[Any], asked: str | None) -> Page[Any]:
    """The page of rows that is asked for, or the nearest that there is."""
    return Paginator(rows, ROWS_A_PAGE).get_page(asked)


def download(content: IO[Any], name: str) -> HttpResponseBase:
    """A CSV file that no cache keeps."""
    response = FileResponse(content, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response


def not_found_as_404(error: NotFound) -> Http404:
    """What the admin answers for it."""
    return Http404(error.detail)
