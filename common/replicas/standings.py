"""What /readyz and /metrics tell of the replicas, as the process that answers sees them."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import connections

from common.registry import Gauge, metric_sources, readiness_checks
from common.replicas.rotation import FOLLOWING, rotation


def register() -> None:
    """Called once, when the application is ready; a shop without replicas tells nothing of them."""
    if settings.DATABASE_REPLICAS:
        readiness_checks.register("replicas", check)
        metric_sources.register("replicas", gauges)


def check() -> dict[str, Any]:
    """Degraded where one is not read from: the shop sells all the same."""
    standings = rotation.standings()
    told = {
        alias: {"server": _server(alias), "state": each.state, "lag_seconds": _rounded(each.lag_seconds)}
        for alias, each in standings.items()
    }
    is_well = all(each.state == FOLLOWING for each in standings.values())
    return {"status": "ok" if is_well else "degraded", "replicas": told}


def gauges() -> Iterator[Gauge]:
    """Which are read from, and how far each is behind as far as that is known."""
    standings = rotation.standings()
    reading = {alias: float(each.state == FOLLOWING) for alias, each in standings.items()}
    lags = {alias: each.lag_seconds for alias, each in standings.items() if each.lag_seconds is not None}
    yield Gauge("replica_reading", "1 where the replica is read from.", reading, label="replica")
    yield Gauge("replica_lag_seconds", "How far the replica is behind.", lags, label="replica")


def _server(alias: str) -> str:
    told = connections.settings[alias]
    return f"{told['HOST']}:{told['PORT']}"


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
