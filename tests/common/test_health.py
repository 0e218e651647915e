"""/healthz, /readyz and the page that says where everything is."""

import pytest
from django.db import InterfaceError, OperationalError, connection
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient


def test_healthz_needs_no_database(guest: APIClient) -> None:
    response = guest.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_readyz_names_each_part(guest: APIClient) -> None:
    body = guest.get("/readyz").json()

    assert body["ready"] is True
    assert {name: body["checks"][name]["status"] for name in ("database", "migrations", "cache", "broker")} == {
        "database": "ok",
        "migrations": "ok",
        "cache": "ok",
        "broker": "ok",
    }


@pytest.mark.django_db
def test_readyz_stays_green_without_redis(guest: APIClient, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    response = guest.get("/readyz")

    assert response.status_code == 200
    assert response.json()["checks"]["cache"]["status"] == "down"


@pytest.mark.django_db
@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_readyz_is_red_without_a_database(
    guest: APIClient, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(connection, "cursor", fail)

    response = guest.get("/readyz")

    assert response.status_code == 503
    assert response.json()["checks"]["database"] == {"status": "down", "detail": error.__name__}


def test_index_tells_programs_and_people_where_everything_is(guest: APIClient) -> None:
    assert guest.get("/", headers={"Accept": "application/json"}).json()["docs"] == "/api/docs/"
    assert b'href="/admin/"' in guest.get("/", headers={"Accept": "text/html"}).content


def test_problem_types_lead_to_a_page(guest: APIClient) -> None:
    response = guest.get("/api/problems/unknown_field/")

    assert response.status_code == 200
    assert b"<code>unknown_field</code>" in response.content


@pytest.mark.django_db
def test_readyz_waits_for_a_database_that_is_away_only_once(guest: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fail() -> None:
        asked.append(1)
        raise OperationalError

    monkeypatch.setattr(connection, "cursor", fail)

    checks = guest.get("/readyz").json()["checks"]

    assert len(asked) == 1
    assert {name for name, check in checks.items() if check["status"] == "ok"} == {"cache", "broker"}
