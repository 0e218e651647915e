"""How the leaf stands: the outbox, mails, queues and connections."""

import json
import time
from collections.abc import Iterator
from typing import Any

import redis
from django.conf import settings
from django.db import connection
from django.utils import timezone

from common.backups import readiness
from common.models import Mail, OutboxEvent
from common.registry import Gauge, metric_sources

MOST_COUNTED = 10_000  # a gauge that stands here is at least so high: to count on would cost more the worse it gets
SENT_AT = "shop_sent_at"  # the header of a task that tells when it was sent
QUEUES = ("money", "mail", "default", "analytics")


def register() -> None:
    """Called once, when the application is ready."""
    for source in (outbox, queues, connections, backups):
        metric_sources.register(source.__name__, source)


def outbox() -> Iterator[Gauge]:
    """Events that wait for the relay, and mails that wait to be sent."""
    waiting = OutboxEvent.objects.filter(relayed_at=None)
    oldest = waiting.order_by("id").values_list("created_at", flat=True).first()
    age = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    yield Gauge.one("outbox_waiting", "Events that the relay has not seen yet.", waiting[:MOST_COUNTED].count())
    yield Gauge.one("outbox_oldest_seconds", "Age of the oldest of them.", age)
    due = Mail.objects.filter(sent_at=None, given_up_at=None)
    yield Gauge.one("mails_waiting", "Mails that are to be sent.", due[:MOST_COUNTED].count())


def queues() -> Iterator[Gauge]:
    """Tasks that wait in the broker, and how long the first of them has done so."""
    timeout = settings.REDIS_TIMEOUT_SECONDS
    with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=timeout, socket_timeout=timeout) as client:
        lengths = {name: float(client.llen(name)) for name in QUEUES}
        ages = {name: _age(client.lindex(name, -1)) for name in QUEUES}
    yield Gauge("queue_tasks", "Tasks that wait in the broker.", lengths, label="queue")
    yield Gauge("queue_oldest_seconds", "How long the task at the head of the queue has waited.", ages, label="queue")


def _age(message: Any) -> float:
    """By what `config.celery` notes on each task that it sends; 0 where there is none, or it was sent by others."""
    sent_at = json.loads(message)["headers"].get(SENT_AT) if message else None
    return max(0.0, time.time() - sent_at) if sent_at else 0.0


def connections() -> Iterator[Gauge]:
    """Connections to the database, of all processes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(state, 'other'), count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() GROUP BY 1 ORDER BY 1"
        )
        counted = {state: float(count) for state, count in cursor.fetchall()}
    yield Gauge("database_connections", "Connections to the database.", counted, label="state")
    size = settings.DATABASE_POOL_SIZE
    yield Gauge.one("pool_size", "Connections that the threads of a web process share; 0: each has its own.", size)


def backups() -> Iterator[Gauge]:
    """How old the state is that the last verified backup would bring back; nothing before the first."""
    if (age := readiness.verified_age()) is not None:
        yield Gauge.one(
            "backup_verified_age_seconds", "Age of the newest backup that was verified.", age.total_seconds()
        )
