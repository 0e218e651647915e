"""Requests by route and status with their latency, counted by each web process and added up when they are read.

The processes of a web server share files in PROMETHEUS_MULTIPROC_DIR, which has to be set before anything is counted.
"""

import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from prometheus_client import Counter, Histogram

from common.postgresql.statements import tally

ROUTE = "shop.route"  # in a request's environment: the pattern of its address, never the address itself
ELSEWHERE = "elsewhere"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})

REQUESTS = Counter("shop_requests", "Requests answered.", ["method", "route", "status"])
LATENCY = Histogram("shop_request_seconds", "Seconds until the answer began.", ["route"], buckets=SECONDS)

QUERIES = Counter("shop_queries", "Statements sent to the database before the answer began.", ["route"])
QUERY_SECONDS = Counter("shop_query_seconds", "Seconds that these statements took.", ["route"])
POOL_WAITS = Counter("shop_pool_waits", "Waits for one of the shared connections to the database.", ["outcome"])
POOL_WAIT_SECONDS = Counter("shop_pool_wait_seconds", "Seconds waited for a shared connection.", ["outcome"])

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class OfRoute(NamedTuple):
    """What is measured of each request of a route."""

    latency: Histogram
    queries: Counter
    query_seconds: Counter


# To look one up by its labels costs more than to count; there are as many as patterns of addresses.
of_answer = lru_cache(maxsize=5_000)(REQUESTS.labels)


@lru_cache(maxsize=1_000)
def found(route: str) -> OfRoute:
    """The measures of the route."""
    return OfRoute(LATENCY.labels(route), QUERIES.labels(route), QUERY_SECONDS.labels(route))


def measured(application: Application) -> Application:
    """The application with its requests counted and timed."""

    def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        began, count, seconds = time.perf_counter(), tally.count, tally.seconds

        def start(status: str, fields: list[tuple[str, str]], *rest: Any) -> Any:
            route = environ.get(ROUTE, ELSEWHERE)
            method = environ["REQUEST_METHOD"]
            of_answer(method if method in _METHODS else "other", route, status[:3]).inc()
            of_route = found(route)
            of_route.latency.observe(time.perf_counter() - began)
            if tally.count > count:
                of_route.queries.inc(tally.count - count)
                of_route.query_seconds.inc(tally.seconds - seconds)
            return start_response(status, fields, *rest)

        return application(environ, start)

    return call


def note_pool_wait(seconds: float, is_ours: bool) -> None:
    """Count a wait for a connection, whether it ended with one or without."""
    outcome = "got" if is_ours else "gave up"
    POOL_WAITS.labels(outcome).inc()
    POOL_WAIT_SECONDS.labels(outcome).inc(seconds)
