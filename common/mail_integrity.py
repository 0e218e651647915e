"""What must be true of what is on its way out, mails and events; the queries' rows are its breaches."""

from common.registry import IntegrityCheck, integrity_checks

CHECKS = {
    "common.mails_leave": IntegrityCheck(
        "no mail waits for more than a day to be sent or given up",
        """
        SELECT id, kind, resource, attempts, next_attempt_at, last_error FROM common_mail
        WHERE sent_at IS NULL AND given_up_at IS NULL AND created_at < now() - interval '1 day'
        """,
    ),
    "common.events_leave": IntegrityCheck(
        "no event waits for more than 15 minutes for its deliveries, and none of these for more than a day to be done",
        """
        SELECT id, name, resource, NULL AS subscriber, NULL AS last_error FROM common_outboxevent
        WHERE relayed_at IS NULL AND created_at < now() - interval '15 minutes'
        UNION ALL
        SELECT e.id, e.name, e.resource, d.subscriber, d.last_error
        FROM common_outboxdelivery d JOIN common_outboxevent e ON e.id = d.event_id
        WHERE d.done_at IS NULL AND e.created_at < now() - interval '1 day'
        """,
    ),
}


def register() -> None:
    """Called once, when the applications are ready."""
    for name, check in CHECKS.items():
        integrity_checks.register(name, check)
