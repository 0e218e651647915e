"""Readiness: each part that the shop stands on with its state; red only for what stops selling."""

from collections.abc import Callable
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from common.models import OutboxEvent
from common.registry import readiness_checks

State = dict[str, Any]

WITHOUT_DATABASE = frozenset({"cache", "broker"})


def report() -> State:
    """`{"ready": bool, "checks": {name: {"status": "ok" | "degraded" | "down", …}}}`."""
    required: dict[str, Callable[[], State]] = {"database": _database, "migrations": _migrations}
    others: dict[str, Callable[[], State]] = {"cache": _redis, "broker": _redis, "outbox": _outbox}
    others.update(dict(readiness_checks))
    found = _run(required["database"])
    checks = {"database": found}
    for name, check in (required | others).items():
        if name not in checks:
            # Each would wait for the database again, which a probe has no time for.
            checks[name] = found if found["status"] == "down" and name not in WITHOUT_DATABASE else _run(check)
    return {"ready": all(checks[name]["status"] == "ok" for name in required), "checks": checks}


def _run(check: Callable[[], State]) -> State:
    try:
        return check()
    except (DatabaseError, InterfaceError, redis.RedisError) as error:
        return {"status": "down", "detail": type(error).__name__}


def _database() -> State:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {"status": "ok"}


def _migrations() -> State:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return {"status": "down", "missing": len(missing)} if missing else {"status": "ok"}


def _redis() -> State:
    timeout = settings.REDIS_TIMEOUT_SECONDS
    client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=timeout, socket_timeout=timeout)
    with client:
        client.ping()
    return {"status": "ok"}


def _outbox() -> State:
    oldest = OutboxEvent.objects.filter(relayed_at=None).order_by("id").values_list("created_at", flat=True).first()
    age = int((timezone.now() - oldest).total_seconds()) if oldest else 0
    return {"status": "ok" if age < 60 else "degraded", "oldest_unsent_seconds": age}
