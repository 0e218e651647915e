"""The leaf's own rows: idempotency keys, the outbox, mails, the audit, imports, jobs, counters, marks, backups,
back-fills, webhooks."""

from common.models.audit import AuditEntry
from common.models.backfills import BackfillRun
from common.models.backups import Backup, Erasure
from common.models.base import IdempotencyKey, Mail, OutboxDelivery, OutboxEvent, TimestampedModel
from common.models.deprecations import DeprecatedCall
from common.models.events import DroppedEvents
from common.models.imports import ImportBatch, ImportChange
from common.models.jobs import ExportJob, ImportJob, ImportJobChange, ImportJobRefusal
from common.models.limits import LimitCounter
from common.models.replicas import ReadMark
from common.models.webhooks import WebhookDelivery, WebhookEndpoint

__all__ = [
    "AuditEntry",
    "BackfillRun",
    "Backup",
    "DeprecatedCall",
    "DroppedEvents",
    "Erasure",
    "ExportJob",
    "IdempotencyKey",
    "ImportBatch",
    "ImportChange",
    "ImportJob",
    "ImportJobChange",
    "ImportJobRefusal",
    "LimitCounter",
    "Mail",
    "OutboxDelivery",
    "OutboxEvent",
    "ReadMark",
    "TimestampedModel",
    "WebhookDelivery",
    "WebhookEndpoint",
]
