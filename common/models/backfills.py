"""How far back-fills are."""

from django.db import models
from django.db.models.functions import Now


class BackfillRun(models.Model):
    """A back-fill of one name: the key that it has come to, and the one that it ends at."""

    name = models.CharField(max_length=100, unique=True, db_comment="Of the registry of back-fills")
    place = models.BigIntegerField(default=0, db_default=0, db_comment="The rows up to this key are done")
    until = models.BigIntegerField(db_comment="The highest key when it began; later rows are written whole")
    changed = models.BigIntegerField(default=0, db_default=0, db_comment="Rows that it has filled so far")
    started_at = models.DateTimeField(db_default=Now(), db_comment="When it began")
    moved_at = models.DateTimeField(db_default=Now(), db_comment="When its last batch was committed")
    finished_at = models.DateTimeField(null=True, db_comment="When it came to the end")

    def __str__(self) -> str:
        return self.name
