"""What must be true of mails; the query's rows are its breaches."""

from common.registry import IntegrityCheck, integrity_checks

CHECKS = {
    "common.mails_leave": IntegrityCheck(
        "no mail waits for more than a day to be sent or given up",
        """
        SELECT id, kind, resource, attempts, next_attempt_at, last_error FROM common_mail
        WHERE sent_at IS NULL AND given_up_at IS NULL AND created_at < now() - interval '1 day'
        """,
    ),
}


def register() -> None:
    """Called once, when the applications are ready."""
    for name, check in CHECKS.items():
        integrity_checks.register(name, check)
