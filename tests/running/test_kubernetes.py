"""The example for Kubernetes: it can be read, and all that it names exists."""

import re
from typing import Any

import pytest
import yaml
from django.core.management import get_commands
from django.urls import resolve

from config import supervisor
from config.environment import CHECKOUT
from config.variables import VARIABLES

FOLDER = CHECKOUT / "deploy" / "kubernetes"
DOCUMENTS: list[dict[str, Any]] = [
    document for path in sorted(FOLDER.glob("*.yaml")) for document in yaml.safe_load_all(path.read_text())
]
WORKLOADS = {
    document["metadata"]["name"]: document for document in DOCUMENTS if document["kind"] in {"Deployment", "Job"}
}
KNOWN = {name for group in VARIABLES.values() for name in group}
COMPOSE = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())["services"]


def pod(name: str) -> dict[str, Any]:
    spec: dict[str, Any] = WORKLOADS[name]["spec"]["template"]["spec"]
    return spec


def container(name: str) -> dict[str, Any]:
    (only,) = pod(name)["containers"]
    return dict(only)


def named(kind: str) -> set[str]:
    return {document["metadata"]["name"] for document in DOCUMENTS if document["kind"] == kind}


def test_has_every_part_of_the_shop() -> None:
    assert set(WORKLOADS) == {"shop-migrate", "shop-web", "shop-worker", "shop-beat"}
    assert named("PodDisruptionBudget") == {"shop-web", "shop-worker"}
    assert (WORKLOADS["shop-beat"]["spec"]["replicas"], WORKLOADS["shop-beat"]["spec"]["strategy"]["type"]) == (
        1,
        "Recreate",
    )


@pytest.mark.parametrize("name", WORKLOADS)
def test_variables_are_those_of_the_settings_and_secrets_only_named(name: str) -> None:
    (config,) = [document for document in DOCUMENTS if document["kind"] == "ConfigMap"]
    environment = container(name)["env"]

    assert set(config["data"]) | {variable["name"] for variable in environment} <= KNOWN
    assert all(isinstance(value, str) for value in config["data"].values())
    assert all(set(variable) == {"name", "valueFrom"} for variable in environment)
    assert not any(
        re.search("KEY|SECRET|TOKEN|PASSWORD|_URL$", each) for each in set(config["data"]) - {"STOREFRONT_URL"}
    )
    assert named("Secret") == set()


@pytest.mark.parametrize("name", WORKLOADS)
def test_runs_as_nobody_special_within_limits(name: str) -> None:
    one = container(name)

    assert pod(name)["securityContext"]["runAsNonRoot"] is True
    assert pod(name)["securityContext"]["runAsUser"] == 10001
    assert "--uid 10001" in (CHECKOUT / "Dockerfile").read_text()
    assert one["securityContext"]["readOnlyRootFilesystem"] is True
    assert set(one["resources"]) == {"requests", "limits"}
    assert {mount["name"] for mount in one["volumeMounts"]} == {volume["name"] for volume in pod(name)["volumes"]}


@pytest.mark.parametrize("name", [name for name, each in WORKLOADS.items() if each["kind"] == "Deployment"])
def test_what_selects_finds_its_pods(name: str) -> None:
    labels = WORKLOADS[name]["spec"]["template"]["metadata"]["labels"]
    selecting = [
        document["spec"]["selector"]
        for document in DOCUMENTS
        if document["kind"] in {"Service", "PodDisruptionBudget", "Deployment"} and document["metadata"]["name"] == name
    ]

    assert selecting
    assert all(selector.get("matchLabels", selector) == labels for selector in selecting)


def test_probes_ask_for_what_there_is_under_a_name_that_is_allowed() -> None:
    (config,) = [document for document in DOCUMENTS if document["kind"] == "ConfigMap"]
    web = container("shop-web")
    probes = {kind: web[f"{kind}Probe"]["httpGet"] for kind in ("liveness", "readiness", "startup")}

    assert {kind: probe["path"] for kind, probe in probes.items()} == {
        "liveness": "/healthz",
        "readiness": "/readyz",
        "startup": "/healthz",
    }
    for probe in probes.values():
        assert resolve(probe["path"]).url_name in {"healthz", "readyz"}
        assert probe["httpHeaders"] == [{"name": "Host", "value": config["data"]["ALLOWED_HOSTS"]}]
        assert probe["port"] in {port["name"] for port in web["ports"]}


def test_commands_are_those_of_the_compose_file() -> None:
    migrate = container("shop-migrate")["command"]

    assert migrate == COMPOSE["migrate"]["command"]
    assert set(re.findall(r"manage\.py (\w+)", migrate[2])) <= set(get_commands())
    assert container("shop-worker")["command"] == COMPOSE["worker"]["command"]
    assert supervisor.QUEUES in container("shop-worker")["command"]
    assert container("shop-beat")["command"] == COMPOSE["beat"]["command"]
    assert container("shop-beat")["livenessProbe"]["exec"]["command"] == COMPOSE["beat"]["healthcheck"]["test"][1:]
    assert "command" not in container("shop-web")


def test_a_web_server_goes_after_its_traffic() -> None:
    pause = int(container("shop-web")["lifecycle"]["preStop"]["exec"]["command"][1])
    kill_after = int(re.findall(r'"--workers-kill-timeout", "(\d+)"', (CHECKOUT / "Dockerfile").read_text())[0])
    probe = container("shop-web")["readinessProbe"]

    assert pod("shop-web")["terminationGracePeriodSeconds"] > pause + kill_after
    assert pause >= probe["periodSeconds"] * probe["failureThreshold"]
    assert WORKLOADS["shop-web"]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_what_is_referred_to_is_there() -> None:
    claims = {
        volume["persistentVolumeClaim"]["claimName"]
        for name in WORKLOADS
        for volume in pod(name)["volumes"]
        if "persistentVolumeClaim" in volume
    }
    (ingress,) = [document for document in DOCUMENTS if document["kind"] == "Ingress"]
    backend = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"]

    assert claims == named("PersistentVolumeClaim")
    assert {backend} == named("Service")
