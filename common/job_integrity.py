"""What must be true of imports and exports as jobs; the queries' rows are its breaches."""

from common.registry import IntegrityCheck, integrity_checks

CHECKS = {
    "common.jobs_move": IntegrityCheck(
        "no import or export that is due has been without a worker for more than a day",
        """
        SELECT id, 'import' AS kind, status, attempts, heartbeat_at FROM common_importjob
        WHERE status IN ('uploaded', 'checking', 'confirmed', 'importing')
            AND greatest(next_attempt_at, heartbeat_at) < now() - interval '1 day'
        UNION ALL
        SELECT id, 'export', status, attempts, heartbeat_at FROM common_exportjob
        WHERE status IN ('queued', 'exporting') AND greatest(next_attempt_at, heartbeat_at) < now() - interval '1 day'
        """,
    ),
    "common.jobs_fit_batches": IntegrityCheck(
        "an import's batch is of what the import is of",
        """
        SELECT j.id, j.subject, b.id AS batch_id, b.subject AS batch_subject
        FROM common_importjob j JOIN common_importbatch b ON b.id = j.batch_id
        WHERE b.subject <> j.subject
        """,
    ),
}


def register() -> None:
    """Called once, when the applications are ready."""
    for name, check in CHECKS.items():
        integrity_checks.register(name, check)
