"""docker-compose.scale.yml, over docker-compose.yml: without an engine to run it, at least all that it names exists."""

from typing import Any

import pytest
import yaml

from config.environment import CHECKOUT
from tests.running.test_containers import OF_THE_PROJECT, SETTINGS


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((CHECKOUT / name).read_text())
    return content


@pytest.fixture(scope="module")
def base() -> dict[str, Any]:
    return _read("docker-compose.yml")


@pytest.fixture(scope="module")
def over() -> dict[str, Any]:
    return _read("docker-compose.scale.yml")


def test_adds_a_replica_and_a_pooler(base: dict[str, Any], over: dict[str, Any]) -> None:
    assert sorted(set(over["services"]) - set(base["services"])) == ["pgbouncer", "replica"]
    assert sorted(over["volumes"]) == ["replica"]


@pytest.mark.parametrize("name", OF_THE_PROJECT)
def test_every_process_of_the_shop_goes_through_the_pooler(over: dict[str, Any], name: str) -> None:
    told = over["services"][name]["environment"]

    assert "@pgbouncer:6432/" in told["DATABASE_URL"]
    assert "@postgres:5432/" in told["DATABASE_DIRECT_URL"]
    assert "@replica:5432/" in told["DATABASE_REPLICA_URLS"]
    assert (told["DATABASE_SESSION_TIMEOUTS"], told["DATABASE_PREPARED"]) == ("false", "false")
    assert {variable for variable in told if f'"{variable}"' not in SETTINGS} == set()


def test_waits_only_for_services_that_are_health_checked(base: dict[str, Any], over: dict[str, Any]) -> None:
    services = {**base["services"], **over["services"]}
    for service in over["services"].values():
        for other, how in service.get("depends_on", {}).items():
            assert how == {"condition": "service_healthy"}
            assert "test" in services[other].get("healthcheck", base["services"].get(other, {}).get("healthcheck", {}))


def test_pools_transactions_and_sets_the_time_outs_that_the_shop_cannot(over: dict[str, Any]) -> None:
    assert over["services"]["pgbouncer"]["environment"]["POOL_MODE"] == "transaction"
    command = over["services"]["postgres"]["command"]
    assert {"lock_timeout=10s", "idle_in_transaction_session_timeout=5min"} <= set(command)


def test_has_no_default_for_a_secret(over: dict[str, Any]) -> None:
    text = (CHECKOUT / "docker-compose.scale.yml").read_text()

    assert text.count("POSTGRES_PASSWORD") == text.count("${POSTGRES_PASSWORD:?set it in .env}")
    assert over["services"]["replica"]["environment"]["PGPASSWORD"] == "${POSTGRES_PASSWORD:?set it in .env}"
