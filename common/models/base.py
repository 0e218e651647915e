"""The leaf's own rows, idempotency keys, outbox and mails, and the base of models with time stamps."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class TimestampedModel(models.Model):
    """A row that knows when it was made and last changed; a trigger keeps `updated_at` for bare SQL writers too."""

    created_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="Creation timestamp")
    updated_at = models.DateTimeField(auto_now=True, db_default=Now(), db_comment="Last update timestamp")

    class Meta:
        abstract = True


class IdempotencyKey(models.Model):
    """A client's promise that two requests are one; claimed before the work, answered with it."""

    caller = models.CharField(max_length=100, db_comment="Who may use the key: user, token hash or address")
    key = models.CharField(max_length=255, db_comment="The Idempotency-Key header")
    fingerprint = models.CharField(max_length=64, db_comment="SHA-256 of method, path and body")
    resource = models.CharField(
        max_length=100, blank=True, default="", db_default="", db_comment="What the claimed intent made"
    )
    response_status = models.PositiveSmallIntegerField(null=True, db_comment="Null while the work is under way")
    response_body = models.BinaryField(null=True, db_comment="The answer, encrypted")
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="When it was claimed")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["caller", "key"], name="common_idempotencykey_caller_key")
        ]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="common_idempotencykey_created")]

    def __str__(self) -> str:
        return self.key


class OutboxEvent(models.Model):
    """Something that became true, written in the transaction that made it so."""

    name = models.CharField(max_length=60, db_comment="What happened, such as order.placed")
    resource = models.CharField(max_length=100, db_comment="What it happened to, such as order:AB12")
    payload = models.JSONField(default=dict, db_comment="The facts that handlers need")
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="When it became true")
    relayed_at = models.DateTimeField(null=True, db_comment="When its deliveries were made")
    restored_at = models.DateTimeField(
        null=True, db_comment="When it came back undelivered in a backup; nobody outside is told of it again"
    )
    position = models.BigIntegerField(
        null=True, db_comment="Place in the feed, given after the commit, so that no lower one ever comes later"
    )

    class Meta:
        permissions: ClassVar = [("read_outboxevent", "Can read the feed of events")]
        constraints: ClassVar = [models.UniqueConstraint(fields=["position"], name="common_outboxevent_position")]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=models.Q(position=None), name="common_outboxevent_unplaced"),
            models.Index(fields=["name", "position"], name="common_outboxevent_name"),
            models.Index(fields=["id"], condition=models.Q(relayed_at=None), name="common_outboxevent_unrelayed"),
            models.Index(fields=["resource", "id"], name="common_outboxevent_resource"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.resource}"


class OutboxDelivery(models.Model):
    """One event on its way to one subscriber; done once, retried until then."""

    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="deliveries")
    subscriber = models.CharField(max_length=100, db_comment="The name that the handler subscribed under")
    attempts = models.PositiveIntegerField(default=0, db_default=0, db_comment="Failed attempts so far")
    next_attempt_at = models.DateTimeField(db_default=Now(), db_comment="Not to be tried before")
    done_at = models.DateTimeField(null=True, db_comment="When the handler's work was committed")
    last_error = models.TextField(blank=True, default="", db_default="", db_comment="Why the last attempt failed")

    class Meta:
        verbose_name_plural = "outbox deliveries"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "subscriber"], name="common_outboxdelivery_once")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=models.Q(done_at=None),
                name="common_outboxdelivery_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.subscriber} of event {self.event_id}"


class Mail(models.Model):
    """A mail that has to be sent, or was: each kind once per resource, and again only when staff send it again."""

    kind = models.CharField(max_length=40, db_comment="What it says, such as order_confirmed")
    resource = models.CharField(max_length=100, db_comment="What it is about, such as order:AB12")
    edition = models.PositiveIntegerField(
        default=1, db_default=1, db_comment="1 for the first, more for each time staff sent it again"
    )
    recipient = models.CharField(max_length=1000, db_comment="The address; several, split by commas, where internal")
    is_internal = models.BooleanField(
        default=False, db_default=False, db_comment="To the shop's own staff: not limited per hour"
    )
    subject = models.CharField(max_length=255, db_comment="Subject line")
    text_body = models.TextField(db_comment="The mail as plain text")
    html_body = models.TextField(blank=True, default="", db_default="", db_comment="The mail as HTML")
    secret_name = models.CharField(
        max_length=40,
        blank=True,
        default="",
        db_default="",
        db_comment="Who makes the secret of its link when it is sent; the bodies hold a mark instead",
    )
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="When it was queued")
    next_attempt_at = models.DateTimeField(db_default=Now(), db_comment="Not to be tried before")
    attempts = models.PositiveIntegerField(default=0, db_default=0, db_comment="Attempts so far")
    last_attempt_at = models.DateTimeField(null=True, db_comment="When the last attempt began")
    sent_at = models.DateTimeField(null=True, db_comment="When the mail server took it")
    given_up_at = models.DateTimeField(null=True, db_comment="When it was found that it cannot be sent")
    last_error = models.TextField(blank=True, default="", db_default="", db_comment="Why the last attempt failed")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "resource", "edition"], name="common_mail_once"),
            models.CheckConstraint(
                condition=models.Q(sent_at=None) | models.Q(given_up_at=None), name="common_mail_one_end"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=models.Q(sent_at=None, given_up_at=None),
                name="common_mail_due",
            ),
            models.Index(fields=["recipient", "last_attempt_at"], name="common_mail_recipient"),
            models.Index(fields=["created_at"], name="common_mail_created"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.resource}"
