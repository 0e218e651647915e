"""The answer to Prometheus: what the web processes have counted, and what the applications tell of their tables."""

import os
from collections.abc import Iterator

import redis
import structlog
from django.db import DatabaseError, InterfaceError
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily

from common.registry import Gauge, metric_sources

logger = structlog.stdlib.get_logger(__name__)

CONTENT_TYPE = CONTENT_TYPE_LATEST


class _Standings:
    """The gauges of all applications; a source that fails is told as such, and keeps no other from telling."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("shop_metrics_source_up", "1 where the source could be read.", labels=["source"])
        for name, source in metric_sources:
            try:
                gauges = list(source())
            except (DatabaseError, InterfaceError, redis.RedisError) as error:
                logger.warning("metrics_source_failed", source=name, error=type(error).__name__)
                gauges = []
                up.add_metric([name], 0)
            else:
                up.add_metric([name], 1)
            yield from map(_family, gauges)
        yield up


def _family(gauge: Gauge) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"shop_{gauge.name}", gauge.help, labels=[gauge.label] if gauge.label else [])
    for value, number in gauge.values.items():
        family.add_metric([value] if gauge.label else [], number)
    return family


def render() -> bytes:
    """Everything, in Prometheus' text format."""
    standings = CollectorRegistry()
    standings.register(_Standings())
    return generate_latest(_counted()) + generate_latest(standings)


def _counted() -> CollectorRegistry:
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
