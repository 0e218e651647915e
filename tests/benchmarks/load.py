"""Makes load over raw sockets in one thread, from requests that were built beforehand.

A session is what one client does, call after call: a generator that yields requests and is sent the answers. A closed
loop keeps so many connections busy, each with its next request as soon as the last is answered; an open one begins
requests when they are due, however slow the answers are, and counts the time that one has to wait for a connection.

Chosen by measurement, by the processor time of a call with 8 connections: 31 us for a product, 52 for a page of 22 kB.
wrk, which is no Python package and cannot follow a flow, takes 15 and 44, k6 136 and 285.
"""

import random
import select
import socket
import time
from collections import Counter
from collections.abc import Collection, Generator, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import NamedTuple

LONGEST_ANSWER_SECONDS = 30.0
STALE_SECONDS = 10.0  # servers close connections that nobody uses, some time later than this
_CHUNK = 1 << 18
_EMPTY = (204, 304)


class Answer(NamedTuple):
    """An answer's status, its status line and fields as they came, and its body."""

    status: int
    head: bytes
    body: bytes

    def field(self, name: str) -> str:
        """The value of a header field; raises LookupError where there is none."""
        for line in self.head.decode("latin-1").split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name.lower():
                return value.strip()
        raise LookupError(name)


Session = Generator[bytes, Answer, None]


class LoadError(Exception):
    """The server closed a connection, gave no answer in time, or another one than it should."""


@dataclass
class Outcome:
    """What came of a run: the seconds that each answer took, how often each status came, and how long it went on."""

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0
    bytes_received: int = 0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """The latency in seconds that so large a share of the answers kept below; 0 without answers."""
        if not self.latencies:
            return 0.0
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


@dataclass(frozen=True)
class Group:
    """Connections that work off sessions of one kind until there are none left; any other answer ends the run."""

    name: str
    sessions: Iterator[Session]
    connections: int
    good: Collection[int] = frozenset({200})


def single_calls(requests: Iterable[bytes]) -> Iterator[Session]:
    """Sessions that all take their requests from one supply, as many as there are connections to want them."""
    supply = iter(requests)

    def take() -> Session:
        for request in supply:  # noqa: UP028 - answers are sent in here, which a supply does not take
            yield request

    while True:
        yield take()


class _Connection:
    """A kept-alive connection in the middle of a session."""

    __slots__ = ("address", "began", "group", "outcome", "received", "session", "socket", "wanted")

    def __init__(self, address: tuple[str, int], group: Group, outcome: Outcome) -> None:
        self.address, self.group, self.outcome = address, group, outcome
        self.connect()
        self.session: Session | None = None
        self.received = b""
        self.wanted = 0
        self.began = time.perf_counter()

    def connect(self) -> None:
        self.socket = socket.create_connection(self.address, LONGEST_ANSWER_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        self.socket.close()

    def renew_if_stale(self, now: float) -> None:
        if now - self.began > STALE_SECONDS:
            self.close()
            self.connect()

    def send(self, request: bytes, *, began: float) -> None:
        self.began, self.received, self.wanted = began, b"", 0
        self.socket.sendall(request)

    def receive(self) -> Answer | None:
        """Read what is there; the answer once it is complete."""
        chunk = self.socket.recv(_CHUNK)
        if not chunk:
            raise LoadError(f"the server closed a connection ({self.group.name})")
        self.received = self.received + chunk if self.received else chunk
        if not self.wanted:
            self.wanted = _length(self.received)
        if not self.wanted or len(self.received) < self.wanted:
            return None
        head = self.received.index(b"\r\n\r\n") + 4
        self.outcome.bytes_received += self.wanted
        return Answer(int(self.received[9:12]), self.received[:head], self.received[head : self.wanted])

    def begin(self) -> bytes | None:
        """The first request of the next session that has one; None where there are no more."""
        for session in self.group.sessions:
            self.session = session
            return next(session, None)
        return None

    def go_on(self, answer: Answer) -> bytes | None:
        """The request that follows the answer; None where there is nothing left to do."""
        assert self.session is not None
        try:
            return self.session.send(answer)
        except StopIteration:
            return self.begin()


def _length(received: bytes) -> int:
    """The length of the whole answer, or 0 as long as its head is not complete."""
    head = received.find(b"\r\n\r\n")
    if head < 0:
        return 0
    head += 4
    if int(received[9:12]) in _EMPTY:
        return head
    fields = received[:head].lower()
    place = fields.find(b"\r\ncontent-length:")
    if place < 0:
        raise LoadError(f"an answer without a length: {received[:head]!r}")
    place += 17
    return head + int(fields[place : fields.index(b"\r\n", place)])


def closed_loop(address: tuple[str, int], groups: Iterable[Group], *, seconds: float) -> dict[str, Outcome]:
    """Keep every connection of the groups busy for so long, or until all sessions have ended; what came of each."""
    with ExitStack() as stack:
        poll = stack.enter_context(select.epoll())
        outcomes: dict[str, Outcome] = {}
        busy: dict[int, _Connection] = {}
        for group in groups:
            outcomes[group.name] = Outcome()
            for connection in _connect(address, group, outcomes[group.name], stack):
                busy[connection.socket.fileno()] = connection
        started = time.perf_counter()
        for descriptor, connection in list(busy.items()):
            request = connection.begin()
            if request is None:
                del busy[descriptor]
                continue
            poll.register(descriptor, select.EPOLLIN)
            connection.send(request, began=time.perf_counter())
        while busy:
            for connection, answer, now in _answers(poll, busy):
                connection.outcome.seconds = now - started
                request = connection.go_on(answer) if now < started + seconds else None
                if request is None:
                    poll.unregister(connection.socket)
                    del busy[connection.socket.fileno()]
                else:
                    connection.send(request, began=now)
        return outcomes


def open_loop(address: tuple[str, int], group: Group, *, rate: float, seconds: float) -> Outcome:
    """Begin so many requests a second at random moments, as strangers do, for so long or until there are no more.

    The group's sessions are single calls, and its connections as many as may wait at once. A latency counts from the
    moment when the request was due.
    """
    chance = random.Random(0)
    outcome = Outcome()
    supply = next(group.sessions)
    with ExitStack() as stack:
        poll = stack.enter_context(select.epoll())
        idle = list(_connect(address, group, outcome, stack))
        busy: dict[int, _Connection] = {}
        started = time.perf_counter()
        end = started + seconds
        due = started + chance.expovariate(rate)
        while busy or due < end:
            now = time.perf_counter()
            while idle and due <= now and due < end:
                request = next(supply, None)
                if request is None:
                    end = due  # and nothing is due any more
                    break
                connection = idle.pop()
                connection.renew_if_stale(now)
                poll.register(connection.socket, select.EPOLLIN)
                busy[connection.socket.fileno()] = connection
                connection.send(request, began=due)
                due += chance.expovariate(rate)
            pause = max(due - now, 0.0) if idle and due < end else LONGEST_ANSWER_SECONDS
            for connection, _answer, now in _answers(poll, busy, seconds=pause) if busy or due < end else ():
                outcome.seconds = now - started
                poll.unregister(connection.socket)
                del busy[connection.socket.fileno()]
                idle.append(connection)
    return outcome


def _connect(address: tuple[str, int], group: Group, outcome: Outcome, stack: ExitStack) -> Iterator[_Connection]:
    for _ in range(group.connections):
        connection = _Connection(address, group, outcome)
        stack.callback(connection.close)
        yield connection


def _answers(
    poll: select.epoll, busy: dict[int, _Connection], *, seconds: float = LONGEST_ANSWER_SECONDS
) -> Iterator[tuple[_Connection, Answer, float]]:
    """The answers that are complete now, counted; waits so long for something to come."""
    ready = poll.poll(seconds)
    if not ready and seconds == LONGEST_ANSWER_SECONDS:
        raise LoadError(f"no answer within {seconds:.0f} seconds")
    for descriptor, _ in ready:
        connection = busy[descriptor]
        answer = connection.receive()
        if answer is not None:
            now = time.perf_counter()
            connection.outcome.latencies.append(now - connection.began)
            connection.outcome.statuses[answer.status] += 1
            if answer.status not in connection.group.good:
                raise LoadError(f"{connection.group.name} was answered with {answer.status}: {answer.body[:500]!r}")
            yield connection, answer, now
