"""How far the feed of events has been shortened."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class DroppedEvents(models.Model):
    """That old events of a name were dropped, up to a place in the feed: who has not read so far has missed some."""

    name = models.CharField(max_length=60, db_comment="Name of the events, such as order.placed")
    up_to = models.BigIntegerField(db_comment="Place of the last of them that was dropped")
    count = models.BigIntegerField(db_comment="How many were dropped so far")
    dropped_at = models.DateTimeField(db_default=Now(), db_comment="When the last were dropped")

    class Meta:
        verbose_name_plural = "dropped events"
        constraints: ClassVar = [models.UniqueConstraint(fields=["name"], name="common_droppedevents_once")]

    def __str__(self) -> str:
        return self.name
