"""Where in the primary's log the writes of a caller end, for their reads on replicas."""

from django.db import models


class ReadMark(models.Model):
    """A caller who wrote lately: a replica that has not applied so much of the log is not for them.

    The table is not logged, so that noting it costs a request no wait for the disk: a primary that crashes forgets it.
    """

    caller = models.CharField(
        primary_key=True, max_length=80, db_comment="An account's id, or the hash of a cart's or order's token"
    )
    position = models.BigIntegerField(db_comment="Bytes of the log that were written when the caller's write was done")
    written_at = models.DateTimeField(db_comment="When that was; soon no replica in use is so far behind")

    def __str__(self) -> str:
        return self.caller
