"""Webhooks out: who wants to be told of events, and how far each event is on its way there."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from common.models.base import OutboxEvent, TimestampedModel
from common.remote_files import LONGEST_URL


class WebhookEndpoint(TimestampedModel):
    """An address that is told of events, signed with its secrets."""

    url = models.CharField(
        max_length=LONGEST_URL, db_comment="Where events are posted to; https, on the public internet"
    )
    description = models.CharField(
        max_length=200, blank=True, default="", db_default="", db_comment="What it is for, in the words of staff"
    )
    types = ArrayField(
        models.CharField(max_length=60), default=list, db_default=[], db_comment="Names of events wanted; empty is all"
    )
    is_active = models.BooleanField(
        default=True, db_default=True, db_comment="Whether new events are kept for it and sent to it"
    )
    secret = models.BinaryField(db_comment="What signs, encrypted")
    former_secret = models.BinaryField(null=True, db_comment="What signed before and still does, encrypted")
    former_secret_until = models.DateTimeField(null=True, db_comment="When the former secret ends")
    failures = models.PositiveIntegerField(
        default=0, db_default=0, db_comment="Failed attempts since the last that succeeded"
    )
    resting_until = models.DateTimeField(null=True, db_comment="Not to be called before, as it failed several times")
    paused_at = models.DateTimeField(null=True, db_comment="When it failed too often; events wait until it is resumed")
    paused_reason = models.CharField(
        max_length=300, blank=True, default="", db_default="", db_comment="Why it was paused, for people"
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(former_secret=None, former_secret_until=None)
                | Q(former_secret__isnull=False, former_secret_until__isnull=False),
                name="common_webhookendpoint_former_secret",
            ),
            models.CheckConstraint(
                condition=Q(paused_at=None, paused_reason="") | (Q(paused_at__isnull=False) & ~Q(paused_reason="")),
                name="common_webhookendpoint_paused",
            ),
        ]

    def __str__(self) -> str:
        return self.url


class WebhookDelivery(models.Model):
    """One event on its way to one endpoint; sent until it was taken, in the order of its resource's events."""

    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False, db_comment="Where it goes"
    )
    event = models.ForeignKey(
        OutboxEvent, on_delete=models.CASCADE, related_name="webhook_deliveries", db_comment="What it tells of"
    )
    position = models.BigIntegerField(db_comment="The event's place in the feed")
    resource = models.CharField(max_length=100, db_comment="What the event is of; its events go one after the other")
    attempts = models.PositiveIntegerField(
        default=0, db_default=0, db_comment="Attempts begun; tells a sender that another took over"
    )
    failures = models.PositiveIntegerField(
        default=0, db_default=0, db_comment="Failed attempts since it was last asked for"
    )
    next_attempt_at = models.DateTimeField(
        db_default=Now(), db_comment="Not to be tried before; while sending, the lease"
    )
    sending_since = models.DateTimeField(null=True, db_comment="When a sender took it that has not told the outcome")
    last_attempt_at = models.DateTimeField(null=True, db_comment="When the last attempt ended")
    last_status = models.PositiveSmallIntegerField(null=True, db_comment="HTTP status of the last answer, if any")
    last_error = models.CharField(
        max_length=300, blank=True, default="", db_default="", db_comment="Why the last attempt failed"
    )
    done_at = models.DateTimeField(null=True, db_comment="When the endpoint took it")

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="common_webhookdelivery_once"),
            models.CheckConstraint(condition=Q(failures__lte=F("attempts")), name="common_webhookdelivery_attempts"),
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(sending_since=None), name="common_webhookdelivery_ends"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["endpoint", "position"], condition=Q(done_at=None), name="common_webhookdelivery_due"),
            models.Index(
                fields=["endpoint", "resource", "position"],
                condition=Q(done_at=None),
                name="common_webhookdelivery_order",
            ),
            models.Index(
                fields=["endpoint"], condition=Q(sending_since__isnull=False), name="common_webhookdelivery_sending"
            ),
            models.Index(fields=["done_at"], name="common_webhookdelivery_done"),
        ]

    def __str__(self) -> str:
        return f"event {self.position} to endpoint {self.endpoint_id}"
