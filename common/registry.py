"""What upper apps contribute to lower ones by name, typed, without an import upwards."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, Self, TypeVar

from rest_framework.request import Request

Item = TypeVar("Item")


class Registry(Generic[Item]):
    """Named contributions in the order in which the applications became ready; a name is taken once."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}

    def register(self, name: str, item: Item) -> None:
        """Contribute an item; raises ValueError where the name already stands for another."""
        if self._items.setdefault(name, item) is not item:
            raise ValueError(f"{name} is registered already")

    def __iter__(self) -> Iterator[tuple[str, Item]]:
        return iter(self._items.items())


@dataclass(frozen=True)
class IntegrityCheck:
    """An invariant: SQL whose rows are its breaches (first column the id, the rest what is wrong with it)."""

    description: str
    sql: str
    fix: Callable[[], None] | None = None


@dataclass(frozen=True)
class Gauge:
    """A number, or one for each value of a label, that Prometheus is told under `shop_<name>`."""

    name: str
    help: str
    values: Mapping[str, float]
    label: str | None = None

    @classmethod
    def one(cls, name: str, text: str, value: float) -> Self:
        """That of a single number."""
        return cls(name, text, {"": value})


# What /metrics tells beside requests; a source must cost the same however many orders and products there are.
metric_sources: Registry[Callable[[], Iterable[Gauge]]] = Registry()


@dataclass(frozen=True)
class PublicEvent:
    """An event that leaves the shop, in the feed and to webhooks: what it tells, and which facts of its payload go."""

    description: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Backfill:
    """Rows of a table to be filled in, batch by batch in the order of their 64-bit key `id`.

    `statement` is an UPDATE that fills those rows with `id > %(after)s AND id <= %(until)s` that still lack it, and
    changes nothing when it is run again. Who writes rows meanwhile must write them whole: by a trigger, or because no
    older release is running any more.
    """

    description: str
    table: str
    statement: str


# What `manage.py backfill` and migrations can fill in.
backfills: Registry[Backfill] = Registry()

# What check_integrity runs: every app registers its own invariants.
integrity_checks: Registry[IntegrityCheck] = Registry()

# Order ids in, the JSON of each order's payments out; shown as `payments` in an order's body.
order_payments: Registry[Callable[[Sequence[int]], dict[int, list[dict[str, Any]]]]] = Registry()

# Order ids in, those that must not expire out (money may be on its way).
expiry_vetoes: Registry[Callable[[Sequence[int]], set[int]]] = Registry()

# What /readyz shows beside the parts that it knows itself; a check answers {"status": "ok" | "degraded", …}.
readiness_checks: Registry[Callable[[], dict[str, Any]]] = Registry()

# User id and product id in: whether that customer bought the product (shown on reviews as a verified purchase).
purchase_checks: Registry[Callable[[int, int], bool]] = Registry()

# A request in, the subtotal of the caller's active cart out; what a shipping quote without `subtotal` is for.
cart_subtotals: Registry[Callable[[Request], Decimal]] = Registry()

# A shipping method's id in, whether something refers to it out; such a method is deactivated instead of deleted.
shipping_method_uses: Registry[Callable[[int], bool]] = Registry()

# An e-mail address in, all that the application holds about whoever has it and has no account out.
address_exporters: Registry[Callable[[str], Any]] = Registry()

# An e-mail address in; the application makes finished orders and the like of a guest with it nobody's, and tells how
# many it could not yet. Only for who has shown that the address is theirs: `manage.py data_request`.
guest_erasers: Registry[Callable[[str], int]] = Registry()

# A user's id in, all that the application holds about the person out; shown under the name in GET auth/me/export/.
privacy_exporters: Registry[Callable[[int], Any]] = Registry()

# A mail's resource in, the secret of its link out, made for this sending and kept as a hash only; None where the link
# is not wanted any more. `common.mail.queue_mail` names the entry.
mail_secrets: Registry[Callable[[str], str | None]] = Registry()

# An e-mail address in; the application forgets what it holds about it outside of accounts and orders, in the caller's
# transaction. Closing an account does so, and `manage.py forget_address` for guests.
address_erasers: Registry[Callable[[str], None]] = Registry()

# The e-mail addresses under which the application holds something outside of accounts; each may come many times.
held_addresses: Registry[Callable[[], Iterable[str]]] = Registry()
# Events by name that leave the shop; what is not here stays inside.
public_events: Registry[PublicEvent] = Registry()

# Ids of events that just got their places in the feed; called in the relay's transaction.
event_listeners: Registry[Callable[[Sequence[int]], None]] = Registry()
