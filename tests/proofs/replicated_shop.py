"""A shop on a primary and a streaming replica of a proof's own, and web servers and workers on it."""

import json
import re
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management import call_command

from authentication.tokens import AccessToken
from common.backups import restoring, server
from config.embedded import Server
from config.processes import end
from config.throw_away import home_in
from tests.factories.authentication import UserFactory
from tests.factories.products import CategoryFactory, ProductFactory
from tests.factories.shipping import ShippingMethodFactory
from tests.live import LiveShop, running_shop
from tests.proofs.clusters import Cluster, ask, follow

PRODUCTS = 240
ALWAYS = "30"  # seconds of lag at which the replica of a proof is still read from


@dataclass
class ReplicatedShop:
    """The two clusters and their running servers, and a bearer of staff who may do everything."""

    primary: Cluster
    replica: Cluster
    primary_server: Server
    replica_server: Server
    bearer: str

    def on_primary(self, statement: str) -> object:
        """What the primary answers."""
        return ask(self.primary_server, statement)

    def delay(self, seconds: float) -> None:
        """Have the replica apply what is committed only so much later."""
        self.replica.configure(f"recovery_min_apply_delay = '{int(seconds * 1000)}ms'\n")
        ask(self.replica_server, "SELECT pg_reload_conf()")

    def web(self, *, replica: bool = True, **environment: str) -> AbstractContextManager[LiveShop]:
        """A web server of one process on it."""
        variables: dict[str, Any] = {**self.environment(replica=replica), **environment}
        return running_shop(**variables)

    def environment(self, *, replica: bool = True) -> dict[str, str]:
        """The variables by which a process of the shop finds both."""
        found = {"DATABASE_URL": self.primary.url, "DATABASE_REPLICA_MAX_LAG_SECONDS": ALWAYS}
        return {**found, "DATABASE_REPLICA_URLS": self.replica.url} if replica else found


@contextmanager
def replicated_shop() -> Iterator[ReplicatedShop]:
    """The shop with products to read and to buy, as it was just made."""
    with tempfile.TemporaryDirectory(prefix="shop-primary-") as first, tempfile.TemporaryDirectory() as second:
        primary = Cluster(home_in(Path(first)))
        primary_server = primary.start()
        running = [primary_server]
        try:
            bearer = _fill(primary)
            replica = follow(primary, home_in(Path(second)))
            running.append(replica.start())
            shop = ReplicatedShop(primary, replica, primary_server, running[1], bearer)
            yield shop
        finally:
            end([(each.program, each.process) for each in reversed(running)])


def _fill(primary: Cluster) -> str:
    with restoring.using(server.database_at(primary.url)):
        call_command("migrate", verbosity=0, interactive=False)
        call_command("sync_roles", verbosity=0)
        ShippingMethodFactory.create()
        categories = [CategoryFactory.create(slug=f"shelf-{number}") for number in range(8)]
        for number in range(PRODUCTS):
            ProductFactory.create(categories=[categories[number % 8]], stock=100_000)
        ProductFactory.create(slug="last", stock=1)
        staff = UserFactory.create(is_staff=True, is_superuser=True, is_staff_member=True)
        token = AccessToken.for_user(staff)
        token.set_exp(lifetime=timedelta(hours=2))
        return f"Bearer {token}"


def readiness(shop: LiveShop) -> Any:
    """What the web server's /readyz says of the replicas."""
    with urllib.request.urlopen(f"{shop.origin}/readyz", timeout=30) as answer:  # noqa: S310 - our own server
        return json.load(answer)["checks"]["replicas"]


def metric(shop: LiveShop, name: str, label: str) -> float:
    """A number of the web server's /metrics; 0 for what it does not tell."""
    with urllib.request.urlopen(f"{shop.origin}/metrics", timeout=30) as answer:  # noqa: S310 - our own server
        text = answer.read().decode()
    found = re.search(rf'^{name}{{[^}}]*"{label}"}} ([0-9.e+-]+)$', text, re.MULTILINE)
    return float(found[1]) if found else 0.0
