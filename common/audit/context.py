"""Who is at work and through which door, said to the database at the end of each statement that may write.

The triggers of the audit read it there (`common_audit_context()`), so no service has to remember it. It is a comment
behind the statement and not a setting of the transaction: that takes no statement of its own, holds for exactly what
it stands behind, and needs nothing of a PgBouncer. docs/decisions/audit.md has the reasons.

Imported before Django is set up, so it imports nothing of Django.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from enum import StrEnum
from typing import Any

from common.request_id import current_request_id


class Door(StrEnum):
    """Where a change comes in; `sql` is what no part of the shop said to be its own."""

    API = "api"
    ADMIN = "admin"
    IMPORT = "import"
    COMMAND = "command"
    TASK = "task"
    STOREFRONT = "storefront"
    SQL = "sql"


class Work:
    """What is being done: a command, a task, or a part of something larger that is a door of its own."""

    def __init__(
        self, door: Door, *, origin: str = "", actor_id: int | None = None, part_of: "Work | None" = None
    ) -> None:
        self.door = door
        self._origin = origin
        self._actor_id = actor_id
        self._whole = part_of

    def origin(self) -> str:
        """The name of what is at work."""
        return self._origin

    def actor_id(self) -> int | None:
        """Who lets it work; None for the shop itself, guests, and the command line without a name."""
        return self._actor_id or (self._whole.actor_id() if self._whole else None)

    def request_id(self) -> str:
        """The id of the request that it is; else nothing."""
        return self._whole.request_id() if self._whole else ""

    def address(self) -> str:
        """The network that the request came from; else nothing."""
        return self._whole.address() if self._whole else ""


class RequestWork(Work):
    """What a request does; whose it is shows while it is served."""

    def __init__(self, request: Any, *, door: Door, find_address: Callable[[], str]) -> None:
        super().__init__(door)
        self._request = request
        self._find_address = find_address

    def note_caller(self, actor_id: int, *, is_staff: bool) -> None:
        """Who calls is known by now; what staff do in the API is a door of its own."""
        self._actor_id = actor_id
        if is_staff and self.door is Door.STOREFRONT:
            self.door = Door.API

    def origin(self) -> str:
        """The method and the pattern of the path, which names nobody."""
        match = getattr(self._request, "resolver_match", None)
        return f"{self._request.method} {match.route if match else ''}"

    def actor_id(self) -> int | None:
        """Who signed in, as far as it has been looked up by now."""
        return self._actor_id or getattr(getattr(self._request, "_cached_user", None), "pk", None)

    def request_id(self) -> str:
        return current_request_id()

    def address(self) -> str:
        return shortened(self._find_address())


_current: ContextVar[Work | None] = ContextVar("audit_work", default=None)


def begin(work: Work) -> Token[Work | None]:
    """From now on, what this thread of control writes is of this work; the answer is for `end`."""
    return _current.set(work)


def end(token: Token[Work | None]) -> None:
    """Go back to the work before."""
    _current.reset(token)


@contextmanager
def working(door: Door, *, origin: str, actor_id: int | None = None) -> Iterator[None]:
    """Have what is written meanwhile come through this door, by the actor or else by whoever was at work already."""
    token = begin(Work(door, origin=origin, actor_id=actor_id, part_of=_current.get()))
    try:
        yield
    finally:
        end(token)


def current_origin() -> str:
    """What is at work: a route, a task, a command; nothing where nobody said."""
    work = _current.get()
    return work.origin() if work else ""


def note_caller(*, actor_id: int, is_staff: bool) -> None:
    """Tell the request that is being served, if any, who called."""
    work = _current.get()
    if isinstance(work, RequestWork):
        work.note_caller(actor_id, is_staff=is_staff)


def shortened(address: str) -> str:
    """The network that the address is of (/24, or /48 of IPv6), which tells where from but not who; else nothing."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False).network_address)


_ONLY_READS = re.compile(r"\s*(?:SELECT|EXECUTE|PREPARE|SAVEPOINT|RELEASE)\b", re.IGNORECASE)
# Neither the end of a comment, nor a mark of the driver's for params, nor our own separator.
_NOT_PLAIN = re.compile(r"[^\w /.:<>()-]", re.ASCII)
_MOST_CHARACTERS = 200  # of an origin; the triggers look at the last 600 of a statement


def signed(sql: str) -> str:
    """The statement with who is at work behind it; unchanged where it only reads, or where nobody said."""
    return sql if _ONLY_READS.match(sql) and ";" not in sql else sign(sql)


def sign(sql: str) -> str:
    """The statement with who is at work behind it, whatever it does; unchanged where nobody said."""
    work = _current.get()
    if work is None:
        return sql
    # The blank at the end keeps a path's last slash from opening a comment within the comment.
    origin = _NOT_PLAIN.sub("", work.origin())[:_MOST_CHARACTERS]
    return f"{sql} /*audit {work.door}|{work.actor_id() or ''}|{work.request_id()}|{work.address()}|{origin} */"
