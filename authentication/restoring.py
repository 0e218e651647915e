"""What accounts have to do after a backup was restored: nobody stays signed in, and who was erased is erased again."""

from collections.abc import Iterable, Sequence

from django.contrib.sessions.models import Session
from django.db.models import F
from django.utils import timezone

from authentication.models import OneTimeToken, RefreshToken, User
from authentication.services import data_requests, privacy
from common.backups.settling import Restored, account_erasers, guest_replays, restore_steps
from common.erasures import is_account
from common.models import Erasure
from common.registry import held_addresses

# More than an account ends all of its sessions between a backup and its restore.
GENERATIONS = 1_000


def register() -> None:
    """Called once, when the application is ready."""
    restore_steps.register("sessions", end_sessions)
    account_erasers.register("accounts", erase_accounts)
    guest_replays.register("guests", _erase_guest)
    held_addresses.register("links", _addresses_of_links)


def end_sessions(restored: Restored) -> str:
    """End every session and link: what was used or revoked after the dump would work once more."""
    now = timezone.now()
    User.objects.update(session_generation=F("session_generation") + GENERATIONS)
    RefreshToken.objects.filter(revoked_at=None).update(revoked_at=now)
    OneTimeToken.objects.filter(used_at=None).update(used_at=now)
    Session.objects.all().delete()
    return "everybody is signed out, and links that were mailed are void"


def erase_accounts(erasures: Sequence[Erasure]) -> int:
    """Erase those of the accounts that are there, and are the very ones; returns how many."""
    wanted = {erasure.account: erasure for erasure in erasures if erasure.kind == Erasure.Kind.ACCOUNT}
    there = User.objects.filter(pk__in=[key for key in wanted if key is not None], erased_at=None).order_by("pk")
    found = [user.pk for user in there if is_account(wanted[user.pk], joined_at=user.date_joined)]
    for user_id in found:
        privacy.erase_account(user_id=user_id)
    return len(found)


def _erase_guest(email: str) -> None:
    data_requests.erase_guest(email=email)


def _addresses_of_links() -> Iterable[str]:
    return OneTimeToken.objects.values_list("email", flat=True).distinct().iterator()
