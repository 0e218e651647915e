"""Deprecated parts of the API: told to callers, marked in the document, counted by caller, reported."""

import io
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from authentication.models import User
from authentication.services import privacy
from common import deprecations, outbox
from common.models import DeprecatedCall
from tests.common.urls import urlpatterns as test_urls
from tests.factories.authentication import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.common.urls")]

LINKS = '<https://shop.example/docs/upgrading>; rel="deprecation", </api/v1/things/>; rel="successor-version"'


@pytest.fixture(autouse=True)
def _nothing_counted_yet() -> None:
    deprecations.counting.forget()


def counted() -> dict[tuple[str, str], int]:
    return {(call.part, str(call.user or call.client)): call.calls for call in DeprecatedCall.objects.all()}


def test_a_deprecated_operation_says_so(guest: APIClient) -> None:
    answer = guest.get("/old/")

    assert answer["Deprecation"] == "@1772323200"  # 2026-03-01T00:00:00Z
    assert answer["Sunset"] == "Tue, 01 Sep 2026 00:00:00 GMT"
    assert answer["Link"] == LINKS


def test_of_several_parts_the_earliest_dates_count(guest: APIClient) -> None:
    answer = guest.get("/old/", {"colour": "red"})

    assert answer["Deprecation"] == "@1735689600"
    assert answer["Sunset"] == "Tue, 01 Sep 2026 00:00:00 GMT"


@pytest.mark.parametrize(("body", "told"), [({"name": "a", "made_by": "b"}, True), ({"name": "a"}, False), ([], False)])
def test_a_field_counts_where_it_is_sent(guest: APIClient, body: Any, told: bool) -> None:
    answer = guest.post("/old/", body, format="json")

    assert answer.has_header("Deprecation") == told
    assert DeprecatedCall.objects.exists() == told


def test_what_is_not_deprecated_says_nothing(guest: APIClient) -> None:
    assert not guest.get("/things/").has_header("Deprecation")
    assert not guest.generic("POST", "/old/", "{", content_type="application/json").has_header("Deprecation")
    assert counted() == {}


def test_callers_are_counted_apart(guest: APIClient, user: User, user_client: APIClient) -> None:
    user_client.get("/old/")
    guest.get("/old/", headers={"User-Agent": "okhttp/4.9.0 (Android)"})
    guest.get("/old/", {"colour": "red"}, headers={"Origin": "https://store.example", "User-Agent": "Mozilla/5.0"})

    assert counted() == {
        ("GET old/", str(user)): 1,
        ("GET old/", "okhttp/4.9.0"): 1,
        ("GET old/", "store.example"): 1,
        ("GET old/ ?colour", "store.example"): 1,
    }


def test_later_calls_are_written_a_minute_at_a_time(guest: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr("common.deprecations.time.monotonic", lambda: now[0])
    for _ in range(5):
        guest.get("/old/", headers={"User-Agent": "curl/8"})
    assert counted() == {("GET old/", "curl/8"): 1}

    now[0] += deprecations.WRITE_EVERY_SECONDS
    guest.get("/old/", headers={"User-Agent": "curl/8"})

    assert counted() == {("GET old/", "curl/8"): 6}


def test_guests_cannot_fill_the_table(guest: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deprecations, "MOST_GUESTS", 2)
    for name in ("a", "b", "c", "d"):
        guest.get("/old/", headers={"User-Agent": name})
    deprecations.counting.forget()
    guest.get("/old/", headers={"User-Agent": "a"})

    assert counted() == {("GET old/", "a"): 2, ("GET old/", "b"): 1, ("GET old/", deprecations.OTHERS): 2}


def test_a_count_that_fails_fails_no_call(guest: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(connection, "cursor", fail)

    assert guest.get("/old/").status_code == 200


def test_the_document_marks_it() -> None:
    generator = SchemaGenerator(patterns=test_urls)  # type: ignore[no-untyped-call]
    document = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    get, post = document["paths"]["/old/"]["get"], document["paths"]["/old/"]["post"]

    assert get["deprecated"] is True
    assert "deprecated since 2026-03-01; ends on 2026-09-01. Use `/api/v1/things/` instead." in get["description"]
    assert {each["name"]: each.get("deprecated", False) for each in get["parameters"]} == {
        "color": False,
        "colour": True,
    }
    assert {"Deprecation", "Sunset"} <= set(get["responses"]["200"]["headers"])
    assert "deprecated" not in post
    properties = document["components"]["schemas"]["OldRequest"]["properties"]
    assert {name: schema.get("deprecated", False) for name, schema in properties.items()} == {
        "name": False,
        "made_by": True,
    }


def report(*arguments: str) -> list[str]:
    out = io.StringIO()
    call_command("deprecated_calls", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_the_report_tells_who_still_calls_what(guest: APIClient, user: User, user_client: APIClient) -> None:
    for _ in range(3):
        user_client.get("/old/")
        deprecations.counting.forget()
    guest.get("/old/", headers={"User-Agent": "curl/8"})
    DeprecatedCall.objects.create(part="GET gone/", client="x", calls=1)

    lines = report()

    assert lines[0] == "GET old/: deprecated since 2026-03-01, ends 2026-09-01"
    assert lines[1].startswith(f"             3  {user.email}, last 20")
    assert lines[2].startswith("             1  guests by curl/8, last 20")
    assert lines[3:] == [
        "GET old/ ?colour: deprecated since 2025-01-01",
        "    nobody has called it for 30 days",
        "POST old/ .made_by: deprecated since 2026-02-01",
        "    nobody has called it for 30 days",
        "GET gone/: was called, and is deprecated no longer",
    ]


@pytest.mark.urls("config.urls")
def test_staff_see_it_in_the_admin() -> None:
    staff = UserFactory.create(is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename="view_deprecatedcall"))
    DeprecatedCall.objects.create(part="GET old/", client="curl/8", calls=7)
    client = Client()
    client.force_login(staff)

    page = client.get(reverse("admin:common_deprecatedcall_changelist"), {"q": "curl"}).content.decode()

    assert "guests by curl/8" in page
    assert report()[-1] == "Nothing is deprecated."


@pytest.mark.urls("config.urls")
def test_who_is_erased_is_not_remembered_here(user: User) -> None:
    DeprecatedCall.objects.create(part="GET old/", user=user, client="", calls=2)
    assert deprecations.calls_of(user.pk)[0]["calls"] == 2

    privacy.erase_account(user_id=user.pk)
    outbox.relay()

    assert counted() == {}


def test_callers_of_long_ago_are_forgotten() -> None:
    for part, days in (("old", 366), ("new", 364)):
        DeprecatedCall.objects.create(part=part, client="x", calls=1)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE common_deprecatedcall SET last_called_at = now() - %s * interval '1 day' WHERE part = %s",
                [days, part],
            )

    assert deprecations.drop_old() == 1
    assert DeprecatedCall.objects.get().part == "new"
