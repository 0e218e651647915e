"""Leads a read to a replica that may answer it, and to the primary where none may, or where it fails there."""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, InterfaceError, InternalError, OperationalError, connections
from prometheus_client import Counter
from psycopg2 import errorcodes

from common.postgresql.pool import NoConnectionFree
from common.replicas.marks import Asker, position_for
from common.replicas.rotation import rotation

logger = structlog.stdlib.get_logger(__name__)

Answer = TypeVar("Answer")

READS = Counter("shop_replica_reads", "Reads that may be led to a replica, by where they were answered.", ["database"])

# What the server says of a statement that took too long: it would on the primary too.
_OF_THE_STATEMENT = frozenset({errorcodes.QUERY_CANCELED, errorcodes.LOCK_NOT_AVAILABLE})
# It is well, and gave way to what it had to apply; or it was asked to write.
_WELL = frozenset(
    {errorcodes.SERIALIZATION_FAILURE, errorcodes.DEADLOCK_DETECTED, errorcodes.READ_ONLY_SQL_TRANSACTION}
)


@cache
def _counted(database: str) -> Any:
    return READS.labels(database)


def read(work: Callable[[], Answer], asker: Asker) -> Answer:
    """Do what only reads, and may see a state of some seconds ago as long as the caller's own writes are in it.

    All of it is asked of one server, through `django.db.connection` as ever. Where a replica fails meanwhile, it is
    done again on the primary: so it must do nothing but read.
    """
    if not settings.DATABASE_REPLICAS:
        return work()
    own = connections[DEFAULT_DB_ALIAS]  # looked up once: that is a search for the thread's own
    if own.in_atomic_block:
        return work()
    after = position_for(asker)
    alias = None if after is None else rotation.choose(after)
    if alias is not None:
        try:
            answer = _led_to(alias, work, own)
        except (OperationalError, InterfaceError, InternalError) as error:
            if not _is_of_the_replica(error, alias):
                raise
        else:
            _counted(alias).inc()
            return answer
    _counted("primary").inc()
    return work()


def _led_to(alias: str, work: Callable[[], Answer], own: Any) -> Answer:
    """Have what this thread asks of its database asked of the replica, whose connection is given back at the end."""
    theirs = connections[alias]
    theirs.execute_wrappers = own.execute_wrappers
    connections[DEFAULT_DB_ALIAS] = theirs
    try:
        return work()
    finally:
        connections[DEFAULT_DB_ALIAS] = own
        theirs.close_if_unusable_or_obsolete()


def _is_of_the_replica(error: Exception, alias: str) -> bool:
    """Whether the primary may do better; nobody else is to try a replica that is away."""
    code = getattr(error.__cause__, "pgcode", None)
    if code in _OF_THE_STATEMENT or isinstance(error, NoConnectionFree):
        return False
    if isinstance(error, InternalError) and code not in _WELL:
        return False
    if code not in _WELL:
        rotation.doubt(alias)
    logger.warning("replica_read_failed", replica=alias, error=type(error).__name__, code=code)
    return True
