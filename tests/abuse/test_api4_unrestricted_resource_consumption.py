"""API4:2023 Unrestricted resource consumption: what is too much is refused before it costs much."""

import io
import struct
import zlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from products.models import Product
from tests.abuse.conftest import StaffClient
from tests.abuse.untouched import fields_of, refused
from tests.factories.orders import ADDRESS
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "query", ["page_size=1000000", "page_size=0", "page_size=-1", "page=99999999", "page=0", "page=1e9", "page_size=x"]
)
def test_pages_without_end(guest: APIClient, product: Product, query: str) -> None:
    refused(guest, "get", f"products/?{query}", status=400, code="invalid")


@pytest.mark.parametrize("query", ["limit=-1", "offset=1000000000000", "page_size[]=100"])
def test_pages_by_other_words(guest: APIClient, product: Product, query: str) -> None:
    refused(guest, "get", f"products/?{query}", status=400, code="unknown_field")


@pytest.mark.parametrize("cursor", ["cD0xJ09S", "x" * 4000])
def test_cursors_that_nobody_handed_out(attacker_client: APIClient, cursor: str) -> None:
    refused(attacker_client, "get", f"orders/?cursor={cursor}", status=400, code="invalid")


@pytest.mark.parametrize("door", ["products/", "products/facets/", "products/suggest/"])
def test_a_search_for_a_novel(guest: APIClient, door: str) -> None:
    refused(guest, "get", f"{door}?q={'word+' * 2000}", status=400, code="invalid")


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"a":' * 5_000 + b"1" + b"}" * 5_000, b"[" * 60 + b"]" * 60, b'{"a": NaN}', b"{", b"\xff\xfe"],
    ids=["open brackets", "objects in objects", "sixty levels", "NaN", "half", "no UTF-8"],
)
def test_hostile_json(guest: APIClient, body: bytes) -> None:
    sending: dict[str, Any] = {"data": body, "content_type": "application/json"}

    refused(guest, "post", "cart/items/", status=400, code="malformed_json", **sending)


def test_a_body_over_the_limit(guest: APIClient, settings: Settings) -> None:
    body = b'{"product": 1, "quantity": 1' + b" " * settings.JSON_BODY_MAX_BYTES + b"}"
    sending: dict[str, Any] = {"data": body, "content_type": "application/json"}

    refused(guest, "post", "cart/items/", status=413, code="body_too_large", **sending)


def test_a_hundred_thousand_fields(guest: APIClient) -> None:
    body = {f"f{number}": 1 for number in range(10_000)}

    refused(guest, "post", "cart/items/", body, status=400, code="invalid")


@pytest.mark.parametrize("quantity", [100, 10**9, 10**30, 0, -1, 0.5, "1e2", None, [1], True])
def test_quantities_that_nobody_buys(shopper: APIClient, product: Product, quantity: Any) -> None:
    body = {"product": product.pk, "quantity": quantity}

    assert fields_of(refused(shopper, "post", "cart/items/", body, status=400, code="invalid")) == {"quantity"}


def test_a_cart_of_too_many_things(shopper: APIClient, settings: Settings) -> None:
    settings.CART_MAX_LINES = 1

    body = {"product": ProductFactory.create().pk, "quantity": 1}
    answer = refused(shopper, "post", "cart/items/", body, status=400, code="invalid")
    assert answer.json()["errors"][0]["code"] == "cart_full"


def test_an_address_book_of_too_many(attacker_client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("authentication.services.addresses.MOST_ADDRESSES", 0)

    refused(attacker_client, "post", "addresses/", ADDRESS, status=409, code="address_book_full")


@pytest.mark.parametrize(
    "details", [{"k": "v" * 100_000}, {"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}}], ids=["long", "deep"]
)
def test_a_profile_as_a_store(attacker_client: APIClient, details: Any) -> None:
    refused(attacker_client, "patch", "auth/me/", {"additional_details": details}, status=400, code="invalid")


@pytest.mark.parametrize(
    "query",
    ["date_from=0001-01-01&date_to=9999-12-31", "date_from=2015-01-01&date_to=2026-01-01", "date_from=2026-13-01"],
)
@pytest.mark.parametrize("report", ["summary", "sales", "top-products"])
def test_reports_over_all_time(staff_client: StaffClient, report: str, query: str) -> None:
    analyst = staff_client("analytics.view_salesaggregate")

    refused(analyst, "get", f"analytics/{report}/?{query}", status=400, code="invalid")


def test_a_feed_of_too_many_rows(staff_client: StaffClient) -> None:
    clerk = staff_client("products.add_stockmovement")
    rows = [{"sku": f"S{number}", "quantity": 1, "reason": "count"} for number in range(1001)]

    refused(clerk, "post", "inventory/feed/", rows, status=400, code="invalid")


@pytest.mark.parametrize("key", ["", "k" * 256, "k\u00e9y", "tab\tkey"], ids=["empty", "long", "accent", "tab"])
def test_keys_of_another_shape(attacker_client: APIClient, key: str) -> None:
    headers = {"Idempotency-Key": key}

    refused(attacker_client, "post", "addresses/", ADDRESS, status=400, code="invalid", headers=headers)


def png_of(side: int) -> bytes:
    """A tiny file that unpacks to side x side pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    body = zlib.compress(b"\x00" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bomb.png", png_of(50_000)),
        ("script.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        ("page.png", b"<html><script>alert(1)</script></html>"),
        ("shell.png", b"\x89PNG\r\n\x1a\n<?php system($_GET['c']); ?>"),
        ("empty.png", b""),
        ("../../../etc/cron.d/x.png", b"* * * * * root id"),
    ],
)
def test_pictures_that_are_none(staff_client: StaffClient, product: Product, name: str, content: bytes) -> None:
    editor = staff_client("products.add_productimage")
    upload = SimpleUploadedFile(name, io.BytesIO(content).read(), content_type="image/png")

    address = f"products/{product.slug}/images/"
    answer = refused(editor, "post", address, {"image": upload}, status=400, code="invalid", format="multipart")
    assert fields_of(answer) == {"image"}
