"""What has to be done to a restored database before anybody works with it: the world has gone on since the dump.

Applications register what they have to do; it is done in the restored database, before it takes the place of another.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from common import mail, privacy
from common.backups import server
from common.backups.server import Database
from common.erasures import find_addresses
from common.models import Erasure, Mail, OutboxDelivery, OutboxEvent
from common.registry import Registry, held_addresses

# No key may be given out twice: a gateway knows payments by theirs. Where it is not known how far the shop had got
# since the dump, keys go on so much later.
SEQUENCE_GAP = 1_000_000


@dataclass(frozen=True)
class Restored:
    """When the restored database was dumped, who was erased, and the sequences of the database that it replaces."""

    taken_at: datetime
    erasures: Sequence[Erasure]
    sequences: dict[str, int] | None


# Done in the order of registration, each in a transaction; the answer is a line for the operator.
restore_steps: Registry[Callable[[Restored], str]] = Registry()

# Of the erasures that the restored database does not know, those of accounts are applied; returns how many.
account_erasers: Registry[Callable[[Sequence[Erasure]], int]] = Registry()

# An address in; what is held under it outside of accounts is erased.
guest_replays: Registry[Callable[[str], None]] = Registry()


def settle(restored: Restored) -> Iterator[str]:
    """Do all steps, and the erasures last; yields what was done. A second time it does no harm."""
    for _, step in restore_steps:
        with transaction.atomic():
            line = step(restored)
        yield line
    with transaction.atomic():
        line = erase_again(restored.erasures)
    yield line


def register() -> None:
    """Contribute the leaf's own steps; called once when the application is ready."""
    restore_steps.register("sequences", move_sequences)
    restore_steps.register("events", quieten_events)
    restore_steps.register("mails", hold_mails)
    held_addresses.register("mails", _recipients)


def sequences_of(database: Database) -> dict[str, int]:
    """How far the sequences of a database have got."""
    with server.connected(database) as opened:
        return dict(
            server.ask(
                opened,
                "SELECT sequencename, last_value FROM pg_sequences"
                " WHERE schemaname = 'public' AND last_value IS NOT NULL",
            )
        )


def move_sequences(restored: Restored) -> str:
    """Set each sequence beyond every key that was ever given out."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences WHERE schemaname = 'public'")
        for name, last in cursor.fetchall():
            ahead = _ahead(name, last, restored.sequences)
            if ahead > last:
                cursor.execute("SELECT setval(%s::regclass, %s)", [f'public."{name}"', ahead])
    known = restored.sequences is not None
    return f"sequences go on {'where the shop had got to' if known else f'{SEQUENCE_GAP:,} later'}"


def _ahead(name: str, last: int, reached: dict[str, int] | None) -> int:
    return last + SEQUENCE_GAP if reached is None else max(last, reached.get(name, 0))


def quieten_events(restored: Restored) -> str:
    """Mark what was undelivered: its handlers do their work in the books, and nobody is told of it again."""
    waiting = OutboxDelivery.objects.filter(event=OuterRef("pk"), done_at=None)
    events = OutboxEvent.objects.filter(Q(relayed_at=None) | Exists(waiting), restored_at=None)
    return f"{events.update(restored_at=timezone.now())} events are delivered without a mail"


def hold_mails(restored: Restored) -> str:
    """Give up the mails that waited: they were sent after the dump. Staff may send them again, one by one."""
    waiting = Mail.objects.filter(sent_at=None, given_up_at=None)
    held = waiting.update(given_up_at=timezone.now(), last_error=mail.HELD)
    return f"{held} mails that waited are held: they were due before the restore, and can be sent again in the admin"


def erase_again(erasures: Sequence[Erasure]) -> str:
    """Apply the erasures that the database at hand does not know, and have it know them."""
    known = set(Erasure.objects.values_list("id", flat=True))
    missing = [erasure for erasure in erasures if erasure.id not in known]
    count = sum(erase(missing) for _, erase in account_erasers)
    guests = [erasure for erasure in missing if erasure.kind != Erasure.Kind.ACCOUNT]
    for erasure, address in list(find_addresses(guests, _held())):
        privacy.forget_address(address)
        for _, replay in guest_replays if erasure.kind == Erasure.Kind.GUEST else ():
            replay(address)
        count += 1
    Erasure.objects.bulk_create(missing, ignore_conflicts=True)
    return f"{count} erasures of after the dump are applied again"


def _held() -> Iterable[str]:
    return {address for _, addresses in held_addresses for address in addresses()}


def _recipients() -> Iterable[str]:
    return Mail.objects.values_list("recipient", flat=True).distinct().iterator()
