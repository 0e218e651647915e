"""What a step is measured on: the shop, what it is compared with, its data, and how one step is described."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.benchmarks.load import Session
from tests.benchmarks.servers import KeptServers
from tests.benchmarks.supplies import Supplies
from tests.benchmarks.web import WebServer

SHOP, REFERENCE, PLAIN = "shop", "reference", "plain DRF"
CONNECTIONS = 8


@dataclass(frozen=True)
class Stand:
    """The servers that run, by name, on one database."""

    servers: KeptServers
    database_url: str
    webs: dict[str, WebServer]
    supplies: Supplies
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def shop(self) -> WebServer:
        """The shop itself."""
        return self.webs[SHOP]


MakeSessions = Callable[[Stand, int], Iterator[Session]]


@dataclass(frozen=True)
class Step:
    """A kind of request, or a flow of several, and who answers it.

    `sessions` makes what one round of the closed loop works off; it is told how many calls to prepare where each can
    be made only once. `paths` are what it reads again and again: the shop and the reference must answer them alike.
    """

    name: str
    sessions: MakeSessions
    answerers: tuple[str, ...] = (SHOP,)
    good: frozenset[int] = frozenset({200})
    calls: int = 1  # of which one flow consists
    paths: Callable[[Supplies], list[str]] | None = None
