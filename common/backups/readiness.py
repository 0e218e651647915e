"""What /readyz shows of the backups: how old the newest is that is known to restore. It never turns red for it."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from common.models import Backup
from common.registry import readiness_checks


def register() -> None:
    """Show the backups' state in the readiness report."""
    readiness_checks.register("backup", check)


def verified_age() -> timedelta | None:
    """How old the state is that the last verified backup would bring back; None before the first."""
    taken_at = (
        Backup.objects.filter(verified_at__isnull=False, problem="")
        .order_by("-taken_at")
        .values_list("taken_at", flat=True)
        .first()
    )
    return None if taken_at is None else timezone.now() - taken_at


def check() -> dict[str, Any]:
    """Degraded where backups are scheduled and none of the last BACKUP_VERIFIED_HOURS is verified."""
    age = verified_age()
    late = age is None or age > timedelta(hours=settings.BACKUP_VERIFIED_HOURS)
    return {
        "status": "degraded" if settings.BACKUP_TARGET and late else "ok",
        "scheduled": bool(settings.BACKUP_TARGET),
        "last_verified_age_seconds": None if age is None else int(age.total_seconds()),
    }
