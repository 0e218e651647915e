"""Imports and exports as JSON, and what staff send to begin them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.serializers import StrictSerializer
from common.imports.jobs.uploads import Upload
from common.imports.listening import AUTO, Mode
from common.models import ExportJob, ImportJob, ImportJobChange


class JobProgressSerializer(serializers.Serializer[Any]):
    """How much of the present step is done: bytes of the file; `total` is 0 while that is unknown."""

    done = serializers.IntegerField(source="progress_done")
    total = serializers.IntegerField(source="progress_total")


class ImportCountsSerializer(serializers.Serializer[Any]):
    """What the import did or, as long as it is only checked, would do; of the refused, rows of the file."""

    created = serializers.IntegerField(source="created_count")
    updated = serializers.IntegerField(source="updated_count")
    unchanged = serializers.IntegerField(source="unchanged_count")
    skipped = serializers.IntegerField(source="skipped_count")
    refused = serializers.IntegerField(source="refused_count")
    stock_differs = serializers.IntegerField(source="stock_differs_count")


class JobErrorSerializer(serializers.Serializer[Any]):
    """Why a job failed."""

    code = serializers.CharField()
    detail = serializers.CharField()


class _JobSerializer(serializers.ModelSerializer[Any]):
    actor = serializers.EmailField(source="actor.email", default=None, read_only=True, allow_null=True)
    error = serializers.SerializerMethodField()

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, job: Any) -> dict[str, str] | None:
        return {"code": job.error_code, "detail": job.error_detail} if job.error_code else None


class ImportJobSerializer(_JobSerializer):
    """One import."""

    progress = JobProgressSerializer(source="*", read_only=True)
    counts = ImportCountsSerializer(source="*", read_only=True)
    batch = serializers.IntegerField(source="batch_id", allow_null=True, read_only=True)
    is_undone = serializers.SerializerMethodField()

    class Meta:
        model = ImportJob
        fields = (
            *("id", "subject", "format", "mode", "encoding", "file_name", "sha256", "size", "status"),
            *("progress", "counts", "batch", "is_undone", "error", "actor"),
            *("created_at", "started_at", "heartbeat_at", "confirmed_at", "finished_at"),
        )
        read_only_fields = fields

    def get_is_undone(self, job: ImportJob) -> bool:
        return bool(job.batch and job.batch.undone_at)


class ExportJobSerializer(_JobSerializer):
    """One export."""

    class Meta:
        model = ExportJob
        fields = (
            *("id", "subject", "status", "file_name", "size", "row_count", "error", "actor"),
            *("created_at", "started_at", "heartbeat_at", "finished_at"),
        )
        read_only_fields = fields


class ImportJobChangeSerializer(serializers.ModelSerializer[ImportJobChange]):
    """One row of the difference; `values` maps a column to the value now and the one wanted."""

    values = serializers.DictField(child=serializers.ListField())

    class Meta:
        model = ImportJobChange
        fields = ("line", "action", "kind", "label", "values")
        read_only_fields = fields


class ReceiveImportSerializer(StrictSerializer):
    """A file to import; with `confirm` it is imported without a check that waits for somebody."""

    subject = serializers.CharField(max_length=30)
    file = serializers.FileField(allow_empty_file=True, max_length=1000)
    format = serializers.CharField(max_length=30, default=AUTO)
    mode = serializers.ChoiceField(choices=[each.value for each in Mode], default=Mode.UPSERT.value)
    encoding = serializers.CharField(max_length=30, default="", allow_blank=True)
    images = serializers.FileField(required=False, max_length=1000)
    confirm = serializers.BooleanField(default=False)

    @property
    def upload(self) -> Upload:
        """What is to be received."""
        data = self.validated_data
        return Upload(
            subject=data["subject"],
            file=data["file"],
            format_name=data["format"],
            mode=Mode(data["mode"]),
            encoding=data["encoding"],
            images=data.get("images"),
            confirmed=data["confirm"],
        )


class RequestExportSerializer(StrictSerializer):
    """What to export."""

    subject = serializers.CharField(max_length=30)
