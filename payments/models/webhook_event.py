"""Events that gateways sent us, kept before they are answered."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from payments.querysets import WebhookEventQuerySet


class WebhookEvent(models.Model):
    """One event of a gateway; applied once, however often it is sent."""

    gateway = models.CharField(max_length=20, db_comment="The gateway's name")
    event_id = models.CharField(max_length=255, db_comment="The gateway's id of the event")
    kind = models.CharField(max_length=100, db_comment="The gateway's name for what happened")
    payload = models.JSONField(db_comment="The event as it was signed")
    received_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="When it came first")
    applied_at = models.DateTimeField(null=True, blank=True, db_comment="When its effect was committed")
    last_error = models.TextField(blank=True, default="", db_default="", db_comment="Why it could not be applied yet")

    objects = WebhookEventQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["gateway", "event_id"], name="payments_webhookevent_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(applied_at=None), name="payments_webhookevent_open")
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.kind}"
