"""The primary and its replicas: how they are reached, and what holds for every connection to any of them."""

from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from environs import Env, validate

# A server that vanished is noticed within seconds, on connections that were open as on new ones.
NETWORK_TIMEOUTS = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds
}
REPLICA = "replica_"
LONGEST_LAG_SECONDS = 300


def databases(env: Env) -> dict[str, Any]:
    """`default` is the primary; `replica_1` and so on are read instead of it where a view allows that."""
    urls: list[str] = env.list("DATABASE_REPLICA_URLS", [])
    replicas = {
        f"{REPLICA}{number}": {**_reached(env, _parsed(url, number)), "TEST": {"MIRROR": "default"}}
        for number, url in enumerate(urls, 1)
    }
    return {"default": _reached(env, dict(env.dj_db_url("DATABASE_URL"))), **replicas}


def max_lag_seconds(env: Env) -> float:
    """How far behind the primary a replica may be that is read from."""
    return env.float("DATABASE_REPLICA_MAX_LAG_SECONDS", 5, validate=validate.Range(min=0.1, max=LONGEST_LAG_SECONDS))


def _parsed(url: str, number: int) -> dict[str, Any]:
    try:
        parsed = dict(dj_database_url.parse(url.strip()))
    except ValueError:
        parsed = {}
    if not str(parsed.get("ENGINE")).endswith("postgresql") or not parsed.get("NAME"):
        raise ImproperlyConfigured(
            f"DATABASE_REPLICA_URLS: number {number} is not an address such as postgres://user:password@host:port/name."
        )
    return parsed


def _reached(env: Env, parsed: dict[str, Any]) -> dict[str, Any]:
    options = {**NETWORK_TIMEOUTS, **parsed.get("OPTIONS", {})}
    if env.bool("DATABASE_SESSION_TIMEOUTS", True):  # off behind PgBouncer, where the role carries them
        options.setdefault("options", " ".join(f"-c {name}={value}" for name, value in _timeouts(env).items()))
    return {
        **parsed,
        "ENGINE": "common.postgresql",
        "CONN_MAX_AGE": env.int("DATABASE_CONN_MAX_AGE", 600),
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": options,
    }


def _timeouts(env: Env) -> dict[str, str]:
    return {
        "lock_timeout": env.str("DATABASE_LOCK_TIMEOUT", "10s"),
        "statement_timeout": env.str("DATABASE_STATEMENT_TIMEOUT", "0"),
        "idle_in_transaction_session_timeout": env.str("DATABASE_IDLE_IN_TRANSACTION_TIMEOUT", "5min"),
    }
