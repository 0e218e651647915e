"""The leaf's own rows: idempotency keys, the outbox, mails and imports."""

from common.models.base import IdempotencyKey, Mail, OutboxDelivery, OutboxEvent, TimestampedModel
from common.models.imports import ImportBatch, ImportChange

__all__ = [
    "IdempotencyKey",
    "ImportBatch",
    "ImportChange",
    "Mail",
    "OutboxDelivery",
    "OutboxEvent",
    "TimestampedModel",
]
