"""`rebuild_search`: another language's stems, and what does not change."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings
from rest_framework.test import APIClient

from common.integrity import run_checks
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db


def found(client: APIClient, q: str) -> list[str]:
    return [item["slug"] for item in client.get("/api/v1/products/", {"q": q}).json()["results"]]


def rebuild() -> str:
    out = StringIO()
    call_command("rebuild_search", stdout=out)
    return out.getvalue()


@pytest.fixture(autouse=True)
def _catalogue() -> None:
    ProductFactory.create(slug="haus", name="Haus aus Holz", sku="HH-1", description="")
    ProductFactory.create(slug="tuer", name="Tür", description="Für Häuser.")


def test_another_language_has_other_stems(guest: APIClient, settings: Settings) -> None:
    assert found(guest, "häusern") == []
    settings.SEARCH_LANGUAGE = "german"

    assert rebuild() == "Searching in german; 2 products rebuilt.\n"

    assert found(guest, "häusern") == ["haus", "tuer"]
    assert found(guest, "HH-1") == ["haus"]
    assert found(guest, "tur") == ["tuer"]
    assert [breach for result in run_checks() for breach in result.breaches if "listing" in result.name] == []


def test_a_second_run_changes_nothing(settings: Settings) -> None:
    settings.SEARCH_LANGUAGE = "german"

    assert rebuild() == "Searching in german; 2 products rebuilt.\n"
    assert rebuild() == "Searching in german; 0 products rebuilt.\n"


def test_an_unknown_language_is_refused_with_those_there_are(settings: Settings) -> None:
    settings.SEARCH_LANGUAGE = "english; DROP TABLE x"

    with pytest.raises(CommandError, match=r"is none of arabic, .*german"):
        rebuild()
