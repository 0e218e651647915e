"""Named reads of import batches and of jobs, including who may see what."""

from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.db import models
from django.utils import timezone

from common.imports.subjects import import_subjects

if TYPE_CHECKING:
    from common.models import ExportJob, ImportBatch, ImportJob  # noqa: F401

JobT = TypeVar("JobT", bound=models.Model)


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    """Reads of batches."""

    def for_list(self) -> "ImportBatchQuerySet":
        """The latest first, with who imported and who undid them, in one statement."""
        return self.select_related("actor", "undone_by").order_by("-id")


class _JobQuerySet(models.QuerySet[JobT]):
    """Reads of jobs of either kind."""

    def of_subjects(self, user: Any, *, subjects: list[str], view: str) -> Self:
        """Those of these subjects that are the user's own, or everybody's with the permission `view`."""
        allowed = self.filter(subject__in=subjects)
        return allowed if user.has_perm(view) else allowed.filter(actor=user)

    def for_list(self) -> Self:
        """The latest first, with who asked for them, in one statement."""
        return self.select_related("actor").order_by("-id")


class ImportJobQuerySet(_JobQuerySet["ImportJob"]):
    """Reads of imports."""

    def visible_to(self, user: Any) -> Self:
        """Imports of what the user may import: own ones, and others' with `common.view_importjob`."""
        subjects = [name for name, subject in import_subjects if user.has_perm(subject.permission)]
        return self.of_subjects(user, subjects=subjects, view="common.view_importjob")

    def due(self) -> Self:
        """What waits for a worker, those included whose worker may have died, the oldest first."""
        waiting = ("uploaded", "checking", "confirmed", "importing")
        return self.filter(status__in=waiting, next_attempt_at__lte=timezone.now()).order_by("id")


class ExportJobQuerySet(_JobQuerySet["ExportJob"]):
    """Reads of exports."""

    def visible_to(self, user: Any) -> Self:
        """Exports of what the user may export: own ones, and others' with `common.view_exportjob`."""
        subjects = [
            name
            for name, subject in import_subjects
            if subject.export is not None and user.has_perm(subject.export_permission)
        ]
        return self.of_subjects(user, subjects=subjects, view="common.view_exportjob")

    def due(self) -> Self:
        """What waits for a worker, those included whose worker may have died, the oldest first."""
        return self.filter(status__in=("queued", "exporting"), next_attempt_at__lte=timezone.now()).order_by("id")
