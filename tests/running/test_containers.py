"""Dockerfile and compose file: without an engine to run them, at least all they name exists."""

import json
import os
import re
import shlex
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands
from django.utils.module_loading import import_string

from config import supervisor
from config.celery import app
from config.environment import CHECKOUT
from config.settings.limits import DEFAULTS
from tests.running.test_production_settings import ENOUGH

SETTINGS = "".join(path.read_text() for path in sorted((CHECKOUT / "config" / "settings").glob("*.py")))
LIMITS = {f"LIMIT_{scope}" for scope in DEFAULTS}
OF_THE_PROJECT = ("migrate", "web", "worker", "beat")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
    return content


@pytest.fixture(scope="module")
def instructions() -> list[tuple[str, str]]:
    lines = re.sub(r"\\\n\s*", "", (CHECKOUT / "Dockerfile").read_text()).splitlines()
    return [(words[0], words[1]) for line in lines if (words := line.split(" ", 1))[0].isupper()]


def test_has_the_parts_of_the_shop(compose: dict[str, Any]) -> None:
    assert sorted(compose["services"]) == ["beat", "migrate", "postgres", "proxy", "redis", "web", "worker"]
    assert sorted(compose["volumes"]) == ["backups", "media", "postgres", "private", "redis"]


def test_waits_only_for_services_that_can_fulfil_it(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name in OF_THE_PROJECT:
        for other, how in services[name]["depends_on"].items():
            if how["condition"] == "service_healthy":
                assert "test" in services[other]["healthcheck"]
            else:
                assert (other, how["condition"]) == ("migrate", "service_completed_successfully")


def test_sets_only_variables_that_the_settings_read(compose: dict[str, Any]) -> None:
    for name in OF_THE_PROJECT:
        variables = set(compose["services"][name]["environment"]) - {"DJANGO_SETTINGS_MODULE"}
        assert {each for each in variables - LIMITS if f'"{each}"' not in SETTINGS} == set()


def test_every_service_has_limits_and_a_health_check(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}, name
        health = service.get("healthcheck", {})
        assert "test" in health or name in {"web", "migrate"}, name  # the image's own; it ends by itself


def test_stops_wait_for_what_is_under_way(compose: dict[str, Any], instructions: list[tuple[str, str]]) -> None:
    seconds = {"30s": 30, "1m": 60, "2m": 120}
    command = json.loads(dict(instructions)["CMD"])
    services = compose["services"]

    kill_after = int(command[command.index("--workers-kill-timeout") + 1])
    assert seconds[services["web"]["stop_grace_period"]] > kill_after
    assert seconds[services["worker"]["stop_grace_period"]] >= 60
    assert ("STOPSIGNAL", "SIGTERM") in instructions


def test_the_proxy_takes_bodies_whole_and_as_large_as_the_shop_does() -> None:
    text = (CHECKOUT / "deploy" / "proxy" / "shop.conf.template").read_text()

    assert "proxy_request_buffering on;" in text
    assert f"client_max_body_size {settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1_000_000}m;" in text
    assert f"client_max_body_size {max(settings.BODY_MAX_BYTES.values()) // 1_000_000}m;" in text
    for path in settings.BODY_MAX_BYTES:
        assert path.lstrip("/") in text
    assert text.count("{") == text.count("}")


@pytest.mark.parametrize(
    ("proxies", "told", "believed"),
    [
        (1, "https", False),
        (2, "https", True),
        (12, "https", True),
        (2, "http", False),
        (2, "", False),
        (0, "https", False),
    ],
)
def test_only_a_proxy_that_is_named_may_tell_of_tls(
    compose: dict[str, Any], proxies: int, told: str, believed: bool
) -> None:
    text = (CHECKOUT / "deploy" / "proxy" / "shop.conf.template").read_text()
    asked = re.search(r'map "(.+)" \$shop_proto {\s+"~(.+)" https;\s+default \$scheme;', text)
    assert asked
    assert "proxy_set_header X-Forwarded-Proto $shop_proto;" in text
    environment = compose["services"]["proxy"]["environment"]

    assert re.search(environment["NGINX_ENVSUBST_FILTER"].replace("$$", "$"), "TRUSTED_PROXY_COUNT")
    key = asked[1].replace("${TRUSTED_PROXY_COUNT}", str(proxies)).replace("$http_x_forwarded_proto", told)
    assert bool(re.search(asked[2], key)) is believed


def test_image_has_the_programs_of_the_servers_version(compose: dict[str, Any]) -> None:
    text = (CHECKOUT / "Dockerfile").read_text()
    server = compose["services"]["postgres"]["image"]

    assert f"FROM {server} AS postgres" in text
    major, debian = server.removeprefix("postgres:").split("-")
    assert f"/usr/lib/postgresql/{major}/bin/pg_dump" in text
    assert set(re.findall(r"FROM python:3\.11-slim-(\w+)", text)) == {debian}


@pytest.mark.parametrize(("age", "status"), [(None, 1), (10, 0), (3_600, 1)])
def test_health_check_of_beat(tmp_path: Path, age: float | None, status: int) -> None:
    if age is not None:
        schedule = tmp_path / "beat-schedule.dat"
        schedule.touch()
        os.utime(schedule, (time.time() - age, time.time() - age))

    asked = subprocess.run(
        [sys.executable, Path("config") / "healthcheck.py", "--beat", tmp_path / "beat-schedule"],
        cwd=CHECKOUT,
        check=False,
    )

    assert asked.returncode == status


def test_has_no_default_for_a_secret(compose: dict[str, Any]) -> None:
    environment = compose["services"]["web"]["environment"]
    for variable in ("SECRET_KEY", "JWT_SIGNING_KEY", "ALLOWED_HOSTS"):
        assert environment[variable] == f"${{{variable}:?set it in .env}}"
    assert "${POSTGRES_PASSWORD:?set it in .env}" in environment["DATABASE_URL"]


def test_migrations_run_commands_that_exist(compose: dict[str, Any]) -> None:
    shell = compose["services"]["migrate"]["command"][2]
    commands = [shlex.split(part)[2] for part in shell.split("&&")]

    assert commands == ["migrate", "sync_roles"]
    assert set(commands) <= set(get_commands())


def test_worker_takes_every_queue_that_tasks_are_sent_to(compose: dict[str, Any]) -> None:
    command = compose["services"]["worker"]["command"]
    queues = set(command[command.index("--queues") + 1].split(","))
    routed = {route["queue"] for route in app.conf.task_routes.values()}
    scheduled = {entry.get("options", {}).get("queue") for entry in app.conf.beat_schedule.values()} - {None}

    assert queues == set(supervisor.QUEUES.split(",")) == {"money", "mail", "default", "analytics"}
    assert routed | scheduled | {app.conf.task_default_queue} <= queues


@pytest.mark.parametrize("name", ["worker", "beat"])
def test_celery_finds_the_application(compose: dict[str, Any], name: str) -> None:
    command = compose["services"][name]["command"]

    assert command[:4] == ["celery", "--app", "config.celery", name]
    assert import_string("config.celery.app") is app


@pytest.mark.filterwarnings("ignore:No directory at")  # the image has the folder of static files
def test_image_serves_the_application_that_exists(instructions: list[tuple[str, str]]) -> None:
    command = json.loads(dict(instructions)["CMD"])

    assert command[0] == "granian"
    module, name = command[3].split(":")
    assert callable(import_string(f"{module}.{name}"))


def test_image_runs_as_nobody_special(instructions: list[tuple[str, str]]) -> None:
    assert [argument for name, argument in instructions if name == "USER"] == ["shop"]
    assert instructions.index(("USER", "shop")) > max(
        place for place, (name, _) in enumerate(instructions) if name in {"RUN", "COPY"}
    )


def test_image_installs_only_what_the_service_needs() -> None:
    text = (CHECKOUT / "Dockerfile").read_text()

    assert "requirements.txt" in text
    assert "requirements-dev" not in text


def test_image_gets_all_applications_and_nothing_else() -> None:
    lines = (CHECKOUT / ".dockerignore").read_text().splitlines()
    kept = {line[1:].rstrip("/") for line in lines if line.startswith("!")}
    packages = {path.parent.name for path in CHECKOUT.glob("*/__init__.py")} - {"tests"}

    assert lines[1] == "*"
    assert "demo/data/" in lines
    assert kept == packages | {"manage.py", "requirements.txt", "requirements-telemetry.txt"}


class Health(BaseHTTPRequestHandler):
    """Answers 200 for /healthz under the host name that the shop allows."""

    def do_GET(self) -> None:
        good = (self.path, self.headers["Host"]) == ("/healthz", "shop.example")
        self.send_response(200 if good else 400)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class names it so
        """Say nothing."""


@pytest.mark.parametrize(("allowed", "status"), [("shop.example,other", 0), (".shop.example", 0), ("*", 1)])
def test_health_check_asks_as_the_settings_allow(allowed: str, status: int) -> None:
    server = HTTPServer(("127.0.0.1", 0), Health)
    Thread(target=server.serve_forever, daemon=True).start()

    asked = _check_health(port=server.server_port, allowed=allowed)

    server.shutdown()
    server.server_close()
    assert asked == status


def test_health_check_fails_where_nobody_answers() -> None:
    assert _check_health(port=1, allowed="shop.example") == 1


def _check_health(*, port: int, allowed: str) -> int:
    return subprocess.run(
        [sys.executable, Path("config") / "healthcheck.py"],
        cwd=CHECKOUT,
        env={"GRANIAN_PORT": str(port), "ALLOWED_HOSTS": allowed},
        stderr=subprocess.DEVNULL,
        check=False,
    ).returncode


# Loads all that web, worker and beat load, while every package that only development needs hides.
IMPORT_THE_SERVICE = """
import re, sys
from importlib import metadata
from pathlib import Path

def plain(name):
    return re.sub("[-_.]+", "-", name).lower()

pinned = {plain(line.split("==")[0]) for line in Path("requirements.txt").read_text().splitlines() if "==" in line}
modules = metadata.packages_distributions()
hidden = {module for module, owners in modules.items() if not pinned & {plain(owner) for owner in owners}}
assert {"pytest", "pg0", "mypy"} <= hidden

class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"{name} is not in requirements.txt")

sys.meta_path.insert(0, Hide())
import config.wsgi, config.urls, granian.cli, kombu.transport.redis
from config.celery import app
app.loader.import_default_modules()
"""


def test_image_has_every_package_that_the_service_imports() -> None:
    attempt = subprocess.run(
        [sys.executable, "-c", IMPORT_THE_SERVICE],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        env=ENOUGH,
    )

    assert attempt.returncode == 0, attempt.stderr
