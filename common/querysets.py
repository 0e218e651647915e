"""Named reads of import batches."""

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from common.models import ImportBatch  # noqa: F401


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    """Reads of batches."""

    def for_list(self) -> "ImportBatchQuerySet":
        """The latest first, with who imported and who undid them, in one statement."""
        return self.select_related("actor", "undone_by").order_by("-id")
