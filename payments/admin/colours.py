"""How statuses are coloured in the admin site."""

PAYMENT_STATUS = {
    "pending": "warning",
    "processing": "info",
    "unknown": "warning",
    "succeeded": "success",
    "failed": "danger",
    "cancelled": "danger",
    "partially_refunded": "info",
    "refunded": "info",
}

REFUND_STATUS = {
    "pending": "warning",
    "processing": "info",
    "succeeded": "success",
    "failed": "danger",
}
