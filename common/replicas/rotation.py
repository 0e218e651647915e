"""Which replicas are read from: those that answer, follow the primary, and are not too far behind.

Each process that reads from replicas looks for itself, once a second, with a thread and a connection for each server;
so a read asks nobody. One that is dead or silent is out within `CHECK_SECONDS` and the time that it has to answer.
"""

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import psycopg2
import structlog
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from common.postgresql.pool import pools
from common.replicas.lag import Written
from common.replicas.line import ANSWER_SECONDS, Line

logger = structlog.stdlib.get_logger(__name__)

CHECK_SECONDS = 1.0
# An answer that is older counts no more, even if the thread that asks is stuck.
FRESH_SECONDS = CHECK_SECONDS + ANSWER_SECONDS + 1.0

FOLLOWING, LAGGING, PROMOTED, AWAY, UNKNOWN = "following", "lagging", "promoted", "away", "unknown"
_WRITTEN = "SELECT (pg_current_wal_flush_lsn() - '0/0')::bigint"
_APPLIED = """
SELECT pg_is_in_recovery(), CASE WHEN pg_is_in_recovery() THEN (pg_last_wal_replay_lsn() - '0/0')::bigint END
"""


@dataclass(frozen=True)
class Standing:
    """How a replica stood at a moment; the position is what it had applied of the primary's log."""

    state: str
    position: int
    lag_seconds: float | None
    at: float


_NEVER = Standing(UNKNOWN, -1, None, 0.0)


def judge(applied: tuple[bool, int | None], written: Written, *, max_lag_seconds: float, now: float) -> Standing:
    """How a replica stands that answered so."""
    in_recovery, position = applied
    if not in_recovery or position is None:
        return Standing(PROMOTED, -1, None, now)
    lag = written.lag_of(position)
    is_near = lag is not None and lag <= max_lag_seconds
    return Standing(FOLLOWING if is_near else LAGGING, position, lag, now)


class Rotation:
    """The replicas of this process, by the aliases of their databases."""

    def __init__(self, aliases: Sequence[str], *, max_lag_seconds: float) -> None:
        self.aliases = tuple(aliases)
        self._max_lag_seconds = max_lag_seconds
        os.register_at_fork(after_in_child=self._begin_anew)
        self._begin_anew()

    def choose(self, after: int = 0) -> str | None:
        """The alias of a replica that has applied everything up to the position; None where none has, or is well."""
        if not self._watches:
            self._watch()
        fresh = time.monotonic() - FRESH_SECONDS
        first = next(self._turns)
        for place in range(len(self.aliases)):
            alias = self.aliases[(first + place) % len(self.aliases)]
            standing = self._standings[alias]
            if standing.state == FOLLOWING and standing.at > fresh and standing.position >= after:
                return alias
        return None

    def doubt(self, alias: str) -> None:
        """A read failed there: nobody else is to try, until it is found well again."""
        self._note(alias, Standing(AWAY, -1, None, time.monotonic()))

    def standings(self) -> dict[str, Standing]:
        """How each replica stood when it was last looked at; begins to look where nobody has yet."""
        if not self._watches:
            self._watch()
        return dict(self._standings)

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._watches = False
        self._turns = count()
        self._written = Written(self._max_lag_seconds + 60)
        self._standings: dict[str, Standing] = dict.fromkeys(self.aliases, _NEVER)

    def _watch(self) -> None:
        with self._lock:
            if self._watches:
                return
            self._watches = True
        looks: dict[str, Callable[[Line], None]] = {DEFAULT_DB_ALIAS: self._look_at_primary}
        looks.update({alias: self._look_at(alias) for alias in self.aliases})
        for alias, look in looks.items():
            threading.Thread(target=_keep, args=(Line(_parameters(alias)), look), daemon=True).start()

    def _look_at_primary(self, line: Line) -> None:
        """Where the primary has got to; away, it has got no further."""
        began = time.monotonic()
        try:
            [position] = line.ask(_WRITTEN)
        except psycopg2.Error:
            return
        self._written.add(began, position)

    def _look_at(self, alias: str) -> Callable[[Line], None]:
        def look(line: Line) -> None:
            try:
                in_recovery, position = line.ask(_APPLIED)
            except psycopg2.Error:
                self._note(alias, Standing(AWAY, -1, None, time.monotonic()))
                if (pool := pools.of(alias)) is not None:
                    pool.watch.hang_up()
                return
            answer = in_recovery, position
            self._note(
                alias,
                judge(answer, self._written, max_lag_seconds=self._max_lag_seconds, now=time.monotonic()),
            )

        return look

    def _note(self, alias: str, standing: Standing) -> None:
        before, self._standings[alias] = self._standings[alias], standing
        if before.state != standing.state:
            told = logger.info if standing.state == FOLLOWING else logger.warning
            told("replica_" + standing.state, replica=alias, lag_seconds=standing.lag_seconds)


def _keep(line: Line, look: Callable[[Line], None]) -> None:
    while True:
        look(line)
        time.sleep(CHECK_SECONDS)


def _parameters(alias: str) -> dict[str, Any]:
    wrapper: Any = connections.create_connection(alias)
    parameters: dict[str, Any] = wrapper.get_connection_params()
    del parameters["cursor_factory"]
    return {**parameters, "application_name": "shop replica watch"}


rotation = Rotation(settings.DATABASE_REPLICAS, max_lag_seconds=settings.DATABASE_REPLICA_MAX_LAG_SECONDS)
