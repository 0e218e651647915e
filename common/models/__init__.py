"""The leaf's own rows: idempotency keys, the outbox, mails, the audit, imports and their jobs."""

from common.models.audit import AuditEntry
from common.models.base import IdempotencyKey, Mail, OutboxDelivery, OutboxEvent, TimestampedModel
from common.models.imports import ImportBatch, ImportChange
from common.models.jobs import ExportJob, ImportJob, ImportJobChange, ImportJobRefusal

__all__ = [
    "AuditEntry",
    "ExportJob",
    "IdempotencyKey",
    "ImportBatch",
    "ImportChange",
    "ImportJob",
    "ImportJobChange",
    "ImportJobRefusal",
    "Mail",
    "OutboxDelivery",
    "OutboxEvent",
    "TimestampedModel",
]
