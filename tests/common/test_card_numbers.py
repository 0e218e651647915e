"""Card numbers in what clients send: refused wherever they stand, kept and logged nowhere; other long numbers pass."""

import io
import logging
import random
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from analytics.api.telling import with_door
from authentication.models import User
from common.card_numbers import CardNumberRefused, holds_card_number, refuse_card_numbers
from common.models import IdempotencyKey
from orders.models import Order
from products.models import Product
from tests.factories.authentication import AddressFactory
from tests.factories.orders import placed_order
from tests.factories.products import ProductFactory
from tests.stored import everything_stored

CARD = "4111111111111111"

# Numbers that the schemes and gateways publish for tests.
CARDS = [
    CARD,
    "4222222222222",
    "4000000000000000006",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "371449635398431",
    "30569309025904",
    "38520000023237",
    "6011111111111117",
    "6011000990139424",
    "3530111333300000",
    "3566002020360505",
    "6212345678901265",
    "6250941006528599",
    "6759649826438453",
    "2200000000000053",
    "5019717010103742",
]
WRITTEN = [
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "4111\u00a01111\u00a01111\u00a01111",
    "4111\u20131111\u20131111\u20131111",
    "\uff14\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11",
    "3782 822463 10005",
    "3056 930902 5904",
    "4222 222 222 222",
    "4000 0000 0000 0000 006",
    "my card is 4111111111111111, until 12/28",
    "4111 1111 1111 1111 123",
    "4111111111111111 12/28 123",
    "PAN:4111111111111111",
    "https://a.example/?number=4111111111111111&x=1",
    "(4111111111111111)",
    "4,4111111111111111",
    "order 12345 4111111111111111 67890",
]
OTHERS = [
    "4111111111111112",  # wrong check digit
    "9111111111111111",  # no scheme
    "411111111111",  # too short
    "41111111111111110000",  # too long
    "4006381333931",  # EAN-13 that begins as Visa does
    "9783161484100",  # ISBN-13
    "34006381333932",  # GTIN-14
    "+4915112345678",
    "+34 612 345 678",
    "49 151 12345678",
    "DE89 3704 0044 0532 0130 00",
    "GB29 NWBK 6016 1331 9268 19",
    "1732978612345",  # milliseconds
    "1732978612345678901",  # nanoseconds
    "2026-11-30 2026-12-01 2026-12-24",
    "36 38 40 42 44 46 48 50 52 54",
    "48.4111111111111111",
    "a4111111111111111",
    "9400110200881234567890",  # a parcel of USPS
    "1Z999AA10123456784",
    "8d5f4111-1111-4111-8111-111111111111",
    "",
]


@pytest.mark.parametrize("text", CARDS + WRITTEN)
def test_a_card_number_is_one_however_it_is_written(text: str) -> None:
    assert holds_card_number(text)


@pytest.mark.parametrize("text", OTHERS)
def test_other_long_numbers_are_none(text: str) -> None:
    assert not holds_card_number(text)


def test_no_barcode_is_ever_taken_for_one() -> None:
    randomly = random.Random(1)

    def barcode(digits: str) -> str:
        weighted = sum(int(digit) * (1, 3)[place % 2 == 0] for place, digit in enumerate(reversed(digits)))
        return f"{digits}{-weighted % 10}"

    codes = [barcode(f"{first}{randomly.randrange(10**11):011d}") for first in "4356" for _ in range(500)]
    codes += [barcode(f"3{randomly.randrange(10**12):012d}") for _ in range(500)]

    assert [code for code in codes if holds_card_number(code)] == []


def test_a_phone_may_be_any_number_of_fifteen_digits_but_no_card() -> None:
    refuse_card_numbers({"phone": "4222222222222"})

    with pytest.raises(CardNumberRefused):
        refuse_card_numbers({"phone": CARD})


@pytest.mark.parametrize("field", ["sku", "tracking_number"])
def test_what_staff_number_at_will_is_left_alone(field: str) -> None:
    refuse_card_numbers({field: CARD, "items": [{field: CARD}]})


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        (CARD, [None]),
        (int(CARD), [None]),
        (-int(CARD), [None]),
        (float(CARD), [None]),
        ([1, [CARD]], ["1.0"]),
        ({"a": {"b": [{"c": 1}, {"c": CARD}]}, "d": int(CARD)}, ["a.b.1.c", "d"]),
        ({CARD: 1}, [None]),
        ({"a": {CARD: CARD}}, ["a"]),
    ],
)
def test_the_field_is_named_and_the_number_is_not(data: Any, fields: list[str | None]) -> None:
    with pytest.raises(CardNumberRefused) as refused:
        refuse_card_numbers(data)

    assert [error.field for error in refused.value.errors] == fields
    assert CARD not in repr([error.as_dict() for error in refused.value.errors])


@pytest.mark.parametrize("data", [True, None, 1.5, 0, 10**12, {"phone": True}, [], {}, 4111111111111111.5])
def test_other_values_pass(data: Any) -> None:
    refuse_card_numbers(data)


def test_a_text_of_nothing_but_such_numbers_is_not_looked_through() -> None:
    assert holds_card_number("4111111111111112 " * 200)
    assert not holds_card_number("4111111111111112 " * 199)


def assert_refused(answer: Any, field: str | None) -> None:
    assert (answer.status_code, answer.json()["code"]) == (400, "card_number")
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, "card_number")]
    assert CARD not in answer.content.decode()


ADDRESS = {
    "full_name": "Ada Buyer",
    "address_line1": "1 Main Street",
    "city": "Los Angeles",
    "state": "CA",
    "country": "US",
    "postal_code": "90001",
}
BODIES: list[tuple[str, dict[str, Any], str]] = [
    ("auth/register/", {"email": "a@example.com", "password": "x", "first_name": CARD}, "first_name"),
    ("auth/token/", {"email": f"{CARD}@example.com", "password": "x"}, "email"),
    ("auth/password/reset/", {"email": "a@example.com", "note": CARD}, "note"),
    ("addresses/", {**ADDRESS, "company": f"VISA {CARD}"}, "company"),
    ("cart/items/", {"product": int(CARD), "quantity": 1}, "product"),
    ("cart/coupon/", {"code": CARD}, "code"),
    (
        "checkout/",
        {"shipping_address": {**ADDRESS, "full_name": CARD}, "shipping_method": 1},
        "shipping_address.full_name",
    ),
    ("checkout/quote/", {"shipping_address": {**ADDRESS, "phone": CARD}}, "shipping_address.phone"),
    ("orders/{order}/payments/", {"payment_method": "dummy", "details": {"token": CARD}}, "details.token"),
    ("orders/{order}/payments/", {"payment_method": "dummy", "details": {"number": CARD}}, "details.number"),
    ("orders/{order}/cancel/", {"reason": CARD}, "reason"),
    ("products/{product}/reviews/", {"rating": 5, "comment": CARD}, "comment"),
    ("analytics/product-views/", {"product": "{product}", "referrer": f"https://a.example/?pan={CARD}"}, "referrer"),
    ("products/", {"name": CARD, "price": "1.00", "sku": "N"}, "name"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "body", "field"), BODIES)
def test_every_door_refuses_it_and_nothing_is_kept_or_logged(
    superuser_client: APIClient, caplog: pytest.LogCaptureFixture, path: str, body: dict[str, Any], field: str
) -> None:
    caplog.set_level(logging.DEBUG)
    product = ProductFactory.create()
    names = {"order": placed_order().order_number, "product": product.slug}

    answer = superuser_client.post(f"/api/v1/{path.format(**names)}", body, headers={"Idempotency-Key": "once"})

    assert_refused(answer, field)
    assert CARD not in caplog.text
    assert not IdempotencyKey.objects.exists()
    assert CARD not in everything_stored()


@pytest.mark.django_db
def test_a_change_is_refused_too(user_client: APIClient, user: User) -> None:
    address = AddressFactory.create(user=user, company="")

    assert_refused(
        user_client.patch("/api/v1/auth/me/", {"additional_details": {"cards": [{"pan": CARD}]}}),
        "additional_details.cards.0.pan",
    )
    assert_refused(user_client.patch(f"/api/v1/addresses/{address.pk}/", {"company": CARD}), "company")
    assert CARD not in everything_stored()


@pytest.mark.django_db
def test_fields_and_names_of_files_beside_an_upload_are_looked_at(superuser_client: APIClient) -> None:
    product = ProductFactory.create()
    address = f"/api/v1/products/{product.slug}/images/"

    def file(name: str) -> SimpleUploadedFile:
        return SimpleUploadedFile(name, b"x", content_type="image/png")

    in_text = superuser_client.post(address, {"image": file("a.png"), "alt_text": CARD}, format="multipart")
    in_name = superuser_client.post(address, {"image": file(f"{CARD}.png")}, format="multipart")

    assert_refused(in_text, "alt_text")
    assert_refused(in_name, "image")


@pytest.mark.django_db
def test_the_door_of_views_leaves_it_to_the_view() -> None:
    asked: list[str] = []

    def django(environ: dict[str, Any], _start: Any) -> list[bytes]:
        asked.append(environ["wsgi.input"].read().decode())
        return []

    shop = with_door(django)
    body = f'{{"product": "a", "referrer": "https://a.example/?pan={CARD}"}}'
    request = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/v1/analytics/product-views/",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body.encode()),
    }

    shop(request, lambda *_: None)

    assert asked == [body]


@pytest.mark.django_db
def test_barcodes_skus_phones_and_parcels_get_through(superuser_client: APIClient) -> None:
    made = superuser_client.post(
        "/api/v1/products/",
        {"name": "Pen 4006381333931", "description": "EAN 4006381333931", "price": "1.00", "sku": CARD},
    )
    address = superuser_client.post("/api/v1/addresses/", {**ADDRESS, "phone": "+49 1512 3456789"})

    assert (made.status_code, made.json()["sku"]) == (201, CARD)
    assert address.status_code == 201
    assert Product.objects.get().sku == CARD
    assert not Order.objects.exists()
