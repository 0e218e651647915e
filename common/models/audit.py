"""The audit: what was changed that matters, by whom and through which door."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class AuditEntry(models.Model):
    """One change of one thing; written by triggers, and neither changed nor deleted but by `common.audit.upkeep`.

    It refers to nothing that the database would have to keep: an entry outlives what it tells of.
    """

    class Kind(models.TextChoices):
        PRICE = "price", "Price"
        STOCK = "stock", "Stock"
        ROLE = "role", "Role or right"
        ORDER = "order", "Order"
        REFUND = "refund", "Refund"
        WEBHOOK = "webhook", "Webhook"

    class Door(models.TextChoices):
        API = "api", "API, by staff"
        ADMIN = "admin", "Admin site"
        IMPORT = "import", "Import"
        COMMAND = "command", "Command"
        TASK = "task", "Scheduled work"
        STOREFRONT = "storefront", "API, by a customer or a gateway"
        SQL = "sql", "Bare SQL"

    kind = models.CharField(max_length=10, choices=Kind.choices, db_comment="What was changed")
    object_type = models.CharField(max_length=60, db_comment="Label of its model, such as products.product")
    object_id = models.BigIntegerField(db_comment="Its key")
    before = models.JSONField(null=True, db_comment="What was changed of it, as it was; null for what is new")
    after = models.JSONField(null=True, db_comment="The same as it became; null for what is gone")
    door = models.CharField(max_length=10, choices=Door.choices, db_comment="What it was changed through")
    origin = models.CharField(
        max_length=200, db_comment="Method and path pattern, command, task or file kind; for bare SQL role and program"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,  # the index below begins with it
        related_name="+",
        db_comment="Who changed it; null for the shop itself, guests and whoever gave no name",
    )
    request_id = models.CharField(max_length=64, db_comment="The X-Request-ID of the request, if any")
    client_address = models.GenericIPAddressField(
        null=True, db_comment="The network (/24, /48) that the request came from; goes after AUDIT_ADDRESS_DAYS"
    )
    at = models.DateTimeField(db_default=Now(), db_comment="When the transaction that changed it began")

    class Meta:
        verbose_name_plural = "audit entries"
        indexes: ClassVar = [
            models.Index(fields=["object_type", "object_id", "id"], name="common_auditentry_object"),
            models.Index(fields=["actor", "id"], name="common_auditentry_actor"),
            models.Index(fields=["id"], condition=Q(client_address__isnull=False), name="common_auditentry_addresses"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(before__isnull=False) | Q(after__isnull=False), name="common_auditentry_tells"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.object_type}:{self.object_id}"
