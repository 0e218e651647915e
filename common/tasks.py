"""Scheduled work of the leaf: the outbox relay, mails, and the end of old rows."""

import structlog
from celery import shared_task
from django.conf import settings

from common import deprecations, idempotency, integrity, mail, mail_delivery, outbox, outbox_retention
from common.audit import upkeep
from common.backfills import working as backfill_working
from common.backups import erasure_list
from common.backups.errors import BackupError
from common.backups.opening import NEWEST
from common.backups.places import open_place
from common.backups.taking import take_backup
from common.backups.verifying import verify_backup
from common.imports.jobs import retention, working
from common.limits import database_counters
from common.replicas import marks
from common.webhooks import sending

logger = structlog.stdlib.get_logger(__name__)

# Less than the broker's visibility time-out, after which it would hand a task to a second worker.
LONGEST_JOB_SECONDS = 3_000


@shared_task
def relay_outbox() -> None:
    """Deliver what the outbox holds; runs each second and may run twice at once."""
    outbox.relay()


@shared_task
def drop_expired_idempotency_keys() -> None:
    """Forget keys older than their 24 hours."""
    idempotency.drop_expired()


@shared_task
def drop_ended_limit_counters() -> None:
    """Forget counters of limits that have ended."""
    database_counters.drop_ended()


@shared_task
def drop_old_read_marks() -> None:
    """Forget who wrote, once no replica can be so far behind."""
    marks.drop_old()


@shared_task
def send_due_mails() -> None:
    """Send the mails that are due; runs every few seconds and may run many times at once."""
    mail_delivery.send_due_mails()


@shared_task
def drop_old_mails() -> None:
    """Forget mails that were sent long ago."""
    mail.drop_old()


@shared_task
def prove_the_books() -> None:
    """Run every invariant and log each breach as an error, for whoever watches the logs."""
    for result in integrity.run_checks():
        for breach in result.breaches:
            logger.error("integrity_breach", check=result.name, breach=breach)


@shared_task(soft_time_limit=LONGEST_JOB_SECONDS, time_limit=LONGEST_JOB_SECONDS + 60)
def work_off_jobs() -> None:
    """Do one step of an import or export that is due; runs every few seconds, and does nothing beside another."""
    working.work_off_one()


@shared_task
def drop_old_jobs() -> None:
    """Forget imports and exports of long ago, with their files."""
    retention.drop_old()


@shared_task
def keep_audit() -> None:
    """Take old clients' networks off the audit, and old entries out of it."""
    upkeep.shorten_old()
    upkeep.drop_old()


@shared_task(soft_time_limit=LONGEST_JOB_SECONDS, time_limit=LONGEST_JOB_SECONDS + 60)
def back_up() -> None:
    """Take the night's backup; a second one at the same time is refused."""
    try:
        manifest = take_backup(target=settings.BACKUP_TARGET, with_media=settings.BACKUP_MEDIA)
    except BackupError as error:
        logger.error("backup_failed", reason=str(error))  # noqa: TRY400 - the reason says all
    else:
        logger.info("backup_taken", name=manifest.name, bytes=manifest.dump.bytes)


@shared_task(soft_time_limit=LONGEST_JOB_SECONDS, time_limit=LONGEST_JOB_SECONDS + 60)
def verify_newest_backup() -> None:
    """Prove that the newest backup restores; /readyz and the log tell."""
    try:
        manifest = verify_backup(named=NEWEST, target=settings.BACKUP_TARGET)
    except BackupError as error:
        logger.error("backup_not_verified", reason=str(error))  # noqa: TRY400 - the reason says all
    else:
        logger.info("backup_verified", name=manifest.name)


@shared_task
def save_erasures() -> None:
    """Add new erasures to the list beside the backups; without that, a restore could not apply them again."""
    try:
        erasure_list.save(open_place(settings.BACKUP_TARGET))
    except BackupError as error:
        logger.error("erasures_not_saved", reason=str(error))  # noqa: TRY400 - the reason says all


@shared_task
def send_due_webhooks() -> None:
    """Send events to webhooks; runs every few seconds and may run many times at once."""
    sending.send_due()


@shared_task
def drop_old_webhook_deliveries() -> None:
    """Forget deliveries to webhooks that were done long ago."""
    sending.drop_old()


@shared_task
def work_off_backfills() -> None:
    """Go on with back-fills that were begun, for less than the minute after which it runs again."""
    backfill_working.work_off_begun(seconds=50)


@shared_task
def drop_old_events() -> None:
    """Forget events that everybody was told of long ago."""
    outbox_retention.drop_old_events()


@shared_task
def drop_old_deprecated_calls() -> None:
    """Forget callers of deprecated parts of the API who have not called for long."""
    deprecations.drop_old()
