"""Imports and exports over HTTP, for staff: sent, looked at, confirmed, cancelled, undone, downloaded.

Besides the permission of each action, a caller needs the one of the subject; what they may not see does not exist.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.jobs.filters import ExportJobFilter, ImportJobFilter
from common.api.jobs.serializers import (
    ExportJobSerializer,
    ImportJobChangeSerializer,
    ImportJobSerializer,
    ReceiveImportSerializer,
    RequestExportSerializer,
)
from common.api.pagination import PagePagination
from common.api.parsers import UploadParser
from common.api.permissions import staff_with
from common.api.renderers import CSVRenderer, JSONRenderer
from common.api.views import ApiViewSet
from common.errors import StorageFull, StorageUnavailable
from common.imports.errors import FileRefused, UndoRefused
from common.imports.jobs import moves, uploads
from common.imports.jobs.downloads import open_export, open_refused
from common.imports.jobs.errors import JobTransitionRefused, UploadTooLarge
from common.imports.subjects import import_subjects
from common.models import ExportJob, ImportJob


class _JobViewSet(ApiViewSet):
    """What imports and exports share; `permissions` names what each action needs."""

    permissions: ClassVar[Mapping[str, str]] = {}

    def get_permissions(self) -> list[Any]:
        return [staff_with(self.permissions.get(self.action or "", "common.nothing"))()]

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().visible_to(self.request.user).for_list()  # type: ignore[attr-defined, no-any-return]

    def get_renderers(self) -> list[Any]:
        return [JSONRenderer(), CSVRenderer()] if self.action in {"file", "refused"} else super().get_renderers()


def _require_subject(request: Request, name: str, *, exporting: bool = False) -> None:
    """Hold the caller to the subject's own permission; one that is not registered looks as one that is not theirs."""
    for each, subject in import_subjects:
        permission = subject.export_permission if exporting else subject.permission
        if each == name and request.user.has_perm(permission):
            return
    raise PermissionDenied


def _download(content: Any, name: str) -> FileResponse:
    response = FileResponse(content, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


_IMPORT_REFUSALS = {
    "create": (FileRefused, UploadTooLarge, StorageUnavailable, StorageFull),
    "confirm": (JobTransitionRefused,),
    "cancel": (JobTransitionRefused,),
    "undo": (JobTransitionRefused, UndoRefused),
}


@extend_schema(tags=["imports and exports"])
class ImportJobViewSet(ListModelMixin, RetrieveModelMixin, _JobViewSet):
    """Imports."""

    refusals: ClassVar = _IMPORT_REFUSALS
    queryset = ImportJob.objects.select_related("batch")
    serializer_class = ImportJobSerializer
    filterset_class = ImportJobFilter
    permissions: ClassVar = {
        **dict.fromkeys(
            ("list", "retrieve", "create", "changes", "refused", "confirm", "cancel"), "common.add_importjob"
        ),
        "undo": "common.change_importbatch",
    }

    def get_parsers(self) -> list[Any]:
        is_upload = getattr(self, "action_map", {}).get("post") == "create"
        return [UploadParser()] if is_upload else super().get_parsers()

    def known_parameters(self) -> set[str]:
        pages = set(PagePagination.query_params) if self.action == "changes" else set()
        return super().known_parameters() | pages

    @extend_schema(request={"multipart/form-data": ReceiveImportSerializer}, responses={202: ImportJobSerializer})
    def create(self, request: Request) -> Response:
        """Send a file: it is checked, and imported once it is confirmed, or at once with `confirm`."""
        data = ReceiveImportSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        _require_subject(request, data.validated_data["subject"])
        job = uploads.receive_import(upload=data.upload, actor=request.user)
        return Response(ImportJobSerializer(job).data, status=202)

    @extend_schema(responses=ImportJobChangeSerializer(many=True), filters=False)
    def changes(self, request: Request, pk: int) -> Response:
        """The difference that the check found, row by row: the first 10,000."""
        rows = self.paginate_queryset(self.get_object().changes.order_by("position", "pk"))
        return self.get_paginated_response(ImportJobChangeSerializer(rows, many=True).data)

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def refused(self, request: Request, pk: int) -> FileResponse:
        """The refused rows as CSV with what is wrong with each, to be mended and sent again."""
        job = self.get_object()
        return _download(open_refused(job), f"refused-{job.pk}.csv")

    @extend_schema(request=None, responses=ImportJobSerializer)
    def confirm(self, request: Request, pk: int) -> Response:
        """Have a checked file imported."""
        job = moves.confirm_import(job_id=self.get_object().pk, actor=request.user)
        return Response(ImportJobSerializer(job).data)

    @extend_schema(request=None, responses=ImportJobSerializer)
    def cancel(self, request: Request, pk: int) -> Response:
        """End an import before it begins."""
        return Response(ImportJobSerializer(moves.cancel_import(job_id=self.get_object().pk)).data)

    @extend_schema(request=None, responses=ImportJobSerializer)
    def undo(self, request: Request, pk: int) -> Response:
        """Put back what the import changed and nobody has changed since."""
        moves.undo_import(job_id=self.get_object().pk, actor=request.user)
        return Response(ImportJobSerializer(self.get_object()).data)


@extend_schema(tags=["imports and exports"])
class ExportJobViewSet(ListModelMixin, RetrieveModelMixin, _JobViewSet):
    """Exports."""

    queryset = ExportJob.objects.all()
    serializer_class = ExportJobSerializer
    filterset_class = ExportJobFilter
    permissions: ClassVar = dict.fromkeys(("list", "retrieve", "create", "file"), "common.add_exportjob")

    @extend_schema(request=RequestExportSerializer, responses={202: ExportJobSerializer})
    def create(self, request: Request) -> Response:
        """Have a file written, to be downloaded when it is there."""
        data = RequestExportSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        subject = data.validated_data["subject"]
        _require_subject(request, subject, exporting=True)
        job = moves.request_export(subject=subject, actor=request.user)
        return Response(ExportJobSerializer(job).data, status=202)

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def file(self, request: Request, pk: int) -> FileResponse:
        """The file as CSV."""
        job = self.get_object()
        return _download(open_export(job), job.file_name)
