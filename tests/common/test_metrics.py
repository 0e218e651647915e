"""/metrics: who may read it, what it tells, and that one source that fails hides no other."""

import json
import re
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml
from celery.signals import before_task_publish
from django.conf import settings
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from common.metrics import standings
from common.registry import metric_sources
from config import supervisor
from config.celery import SENT_AT
from config.environment import CHECKOUT
from orders.models import Order
from tests.factories.orders import OrderFactory
from tests.factories.products import ProductFactory
from tests.live import running_shop

DOCS = CHECKOUT / "docs"


def read(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    """The numbers by name and the values of their labels."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def told(**sending: Any) -> dict[tuple[str, tuple[str, ...]], float]:
    answer = Client(**sending).get("/metrics")
    assert answer.status_code == 200
    return read(answer.content.decode())


@pytest.mark.django_db
def test_tells_how_things_stand() -> None:
    OrderFactory.create(status=Order.Status.PENDING)
    ProductFactory.create(stock=0)

    numbers = told()

    assert numbers["shop_orders", ("pending",)] == 1
    assert numbers["shop_orders", ("shipped",)] == 0
    assert numbers["shop_products_sold_out", ()] >= 1
    assert numbers["shop_outbox_waiting", ()] >= 0
    assert numbers["shop_webhook_endpoints", ("paused",)] == 0
    assert numbers["shop_webhook_oldest_seconds", ()] == 0
    assert ("shop_pool_size", ()) in numbers
    assert numbers["shop_database_connections", ("active",)] >= 1
    assert {values for name, values in numbers if name == "shop_queue_tasks"} == {(q,) for q in standings.QUEUES}
    assert {value for (name, _), value in numbers.items() if name == "shop_metrics_source_up"} == {1.0}


def test_knows_every_queue() -> None:
    assert ",".join(standings.QUEUES) == supervisor.QUEUES


@pytest.mark.django_db
def test_a_source_that_fails_hides_no_other(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    numbers = told()

    assert numbers["shop_metrics_source_up", ("queues",)] == 0
    assert numbers["shop_metrics_source_up", ("orders",)] == 1
    assert ("shop_orders", ("pending",)) in numbers


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("token", "address", "sent", "status"),
    [
        ("", "127.0.0.1", "", 200),
        ("", "::1", "", 200),
        ("", "192.0.2.1", "", 404),
        ("secret", "127.0.0.1", "", 404),
        ("secret", "192.0.2.1", "Bearer wrong", 404),
        ("secret", "192.0.2.1", "Bearer sécret", 404),
        ("secret", "192.0.2.1", "Bearer secret", 200),
    ],
)
def test_is_for_who_may_see_it(settings: Settings, token: str, address: str, sent: str, status: int) -> None:
    settings.METRICS_TOKEN = token

    answer = Client(REMOTE_ADDR=address).get("/metrics", headers={"Authorization": sent} if sent else {})

    assert answer.status_code == status


@pytest.fixture
def counted_together(tmp_path: Path, transactional_db: None) -> Iterator[Any]:
    with running_shop(workers=2, PROMETHEUS_MULTIPROC_DIR=str(tmp_path / "metrics")) as shop:
        yield shop


def test_requests_of_all_processes_add_up(counted_together: Any) -> None:
    product = ProductFactory.create()
    for _ in range(6):
        counted_together.call("GET", "products/")
        counted_together.call("GET", f"products/{product.slug}/")
    counted_together.call("GET", "nowhere/")
    counted_together.post("analytics/product-views/", {"product": product.slug})
    with urllib.request.urlopen(f"{counted_together.origin}/metrics", timeout=10) as answer:  # noqa: S310 - our own
        numbers = read(answer.read().decode())

    assert numbers["shop_requests_total", ("GET", "api/v1/products/", "200")] == 6
    assert numbers["shop_requests_total", ("GET", "api/v1/products/<slug:slug>/", "200")] == 6
    assert numbers["shop_requests_total", ("GET", "elsewhere", "404")] == 1
    assert numbers["shop_requests_total", ("POST", "api/v1/analytics/product-views/", "202")] == 1
    assert numbers["shop_request_seconds_count", ("api/v1/products/",)] == 6
    assert numbers["shop_queries_total", ("api/v1/products/",)] >= 6
    assert numbers["shop_query_seconds_total", ("api/v1/products/",)] > 0


@pytest.mark.django_db
def test_alerts_and_dashboard_ask_only_for_what_there_is() -> None:
    names = {name for name, _ in told()} | {"shop_requests_total", "shop_request_seconds_bucket"}
    names |= {"shop_pool_waits_total"}  # once somebody waited
    names |= {"shop_aggregates_age_seconds", "shop_backup_verified_age_seconds"}  # once something was counted, verified
    names |= {"shop_replica_reading"}  # where there are replicas
    rules = yaml.safe_load((DOCS / "monitoring" / "alerts.yml").read_text())["groups"][0]["rules"]
    panels = json.loads((DOCS / "monitoring" / "dashboard.json").read_text())["panels"]
    asked = " ".join([rule["expr"] for rule in rules] + [t["expr"] for p in panels for t in p["targets"]])
    page = (DOCS / "monitoring.md").read_text()

    assert set(re.findall(r"shop_\w+", asked)) <= names
    assert {rule["alert"] for rule in rules} == set(re.findall(r"^\| (Shop\w+) \|", page, re.MULTILINE))
    assert {sources for sources, _ in metric_sources} >= {"orders", "payments", "products", "sales_aggregates"}


@pytest.mark.django_db
def test_tells_how_long_a_queue_has_waited() -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.delete("money")
        for seconds in (90, 30):
            client.lpush("money", json.dumps({"headers": {standings.SENT_AT: time.time() - seconds}}))
        numbers = told()
        client.delete("money")

    assert numbers["shop_queue_tasks", ("money",)] == 2
    assert 90 <= numbers["shop_queue_oldest_seconds", ("money",)] < 100
    assert numbers["shop_queue_oldest_seconds", ("mail",)] == 0
    assert SENT_AT == standings.SENT_AT


def test_notes_when_a_task_was_sent() -> None:
    headers: dict[str, Any] = {}

    before_task_publish.send(sender="x", headers=headers)

    assert time.time() - headers[SENT_AT] < 5
