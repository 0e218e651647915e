"""Secrets are said by no log line, at the most talkative level, when all goes well and when everything breaks."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from rest_framework.test import APIClient

from authentication.models import User
from authentication.tokens import AccessToken
from common import idempotency
from common.imports.jobs.working import work_off_one
from common.models import IdempotencyKey, ImportJob
from common.redaction import HIDDEN, redacted, redacted_text
from config.logs import TALKATIVE, logging_config
from orders.models import Order
from payments.models import Payment
from tests.authentication.mailbox import deliver_mails, token_in
from tests.factories.authentication import UserFactory, staff_user
from tests.factories.orders import ADDRESS
from tests.factories.products import ProductFactory
from tests.factories.shipping import ShippingMethodFactory
from tests.payments import webhooks
from tests.stored import everything_stored

pytestmark = pytest.mark.django_db

API = "/api/v1"
PASSWORD, NEW_PASSWORD = "swordfish-at-the-door-1", "swordfish-at-the-gate-2"
EMAIL = "ada@example.com"
CARD = "4111111111111111"


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    """All that is logged at DEBUG, as a shop that writes JSON would have it."""
    root, told = logging.getLogger(), io.StringIO()
    handler = logging.StreamHandler(told)
    handler.setFormatter(root.handlers[0].formatter)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield told
    root.setLevel(level)
    root.removeHandler(handler)


@pytest.fixture
def broken(guest: APIClient) -> Iterator[Callable[[str], None]]:
    """Have every statement fail that holds the text, with an error of the database's own that tells of the row."""
    texts: list[str] = []

    def execute(run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if any(text in sql for text in texts):
            raise RuntimeError("broken while it ran")
        return run(sql, params, many, context)

    with connection.execute_wrapper(execute):
        yield texts.append


def assert_none_told(logs: io.StringIO, *secrets: str) -> None:
    assert all(len(secret) >= 8 for secret in secrets)
    assert [secret for secret in secrets if secret in logs.getvalue()] == []


def assert_none_stored(*secrets: str) -> None:
    stored = everything_stored()
    assert [secret for secret in secrets if secret in stored] == []


def test_an_account_from_its_beginning_to_a_new_password(guest: APIClient, logs: io.StringIO) -> None:
    registered = guest.post(f"{API}/auth/register/", {"email": EMAIL, "password": PASSWORD}).json()
    deliver_mails()
    wrong = guest.post(f"{API}/auth/token/", {"email": EMAIL, "password": NEW_PASSWORD})
    pair = guest.post(f"{API}/auth/token/", {"email": EMAIL, "password": PASSWORD}).json()
    renewed = guest.post(f"{API}/auth/token/refresh/", {"refresh": pair["refresh"]}).json()
    again = guest.post(f"{API}/auth/token/refresh/", {"refresh": pair["refresh"]})
    guest.post(f"{API}/auth/password/reset/", {"email": EMAIL})
    reset = token_in(deliver_mails()[0])
    confirmed = guest.post(f"{API}/auth/password/reset/confirm/", {"token": reset, "new_password": NEW_PASSWORD})

    assert (wrong.status_code, again.status_code, confirmed.status_code) == (401, 401, 204)
    assert "refresh_token_reused" in logs.getvalue()
    tokens = [body[kind] for body in (registered, pair, renewed) for kind in ("access", "refresh")]
    assert_none_told(logs, PASSWORD, NEW_PASSWORD, reset, *tokens, User.objects.get().password)
    assert_none_stored(PASSWORD, NEW_PASSWORD, *tokens)


@pytest.mark.parametrize(
    ("path", "body", "breaks"),
    [
        ("auth/register/", {"email": EMAIL, "password": PASSWORD}, 'INSERT INTO "auth'),
        ("auth/token/", {"email": "bob@example.com", "password": PASSWORD}, 'FROM "auth'),
        ("auth/password/reset/confirm/", {"token": f"{PASSWORD}-token", "new_password": NEW_PASSWORD}, 'FROM "auth'),
        ("auth/token/refresh/", {"refresh": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c3dvcmRmaXNo"}, "auth"),
    ],
)
def test_what_breaks_in_an_account(
    guest: APIClient,
    logs: io.StringIO,
    broken: Callable[[str], None],
    path: str,
    body: dict[str, str],
    breaks: str,
) -> None:
    UserFactory.create(email="bob@example.com")
    guest.raise_request_exception = False
    broken(breaks)

    answer = guest.post(f"{API}/{path}", body)

    if answer.status_code != 401:  # a token that is none is refused before anything can break
        assert answer.status_code == 500
        assert "broken while it ran" in logs.getvalue()
    assert_none_told(logs, *(value for name, value in body.items() if name != "email"))
    assert PASSWORD not in answer.content.decode()


def bought(guest: APIClient) -> tuple[dict[str, Any], str]:
    """A guest's order as checkout answers it, and the token of its cart."""
    cart = guest.post(f"{API}/cart/items/", {"product": ProductFactory.create(stock=5).pk, "quantity": 1}).json()
    wish = {"shipping_address": dict(ADDRESS), "shipping_method": ShippingMethodFactory.create().pk, "email": EMAIL}
    headers = {"X-Cart-Token": cart["token"], "Idempotency-Key": "checkout-once"}
    return guest.post(f"{API}/checkout/", wish, headers=headers).json(), cart["token"]


def test_a_purchase_its_payment_and_the_gateways_word(guest: APIClient, logs: io.StringIO, tasks_at_once: None) -> None:
    order, cart_token = bought(guest)
    headers = {"X-Order-Token": order["access_token"], "Idempotency-Key": "payment-once"}
    address = f"{API}/orders/{order['order_number']}/payments/"
    refused = guest.post(address, {"payment_method": "dummy", "details": {"token": "tok_swordfish"}}, headers=headers)
    card = guest.post(address, {"payment_method": "dummy", "details": {"number": CARD}}, headers=headers)
    body = {"payment_method": "dummy", "details": {"token": "tok_pending"}}
    paid = [guest.post(address, body, headers=headers) for _ in range(2)]
    event = webhooks.charge_event(Payment.objects.get(), "succeeded")
    forged = webhooks.send(guest, event, secret="swordfish-of-somebody-else")
    told = webhooks.send(guest, event)

    assert (refused.status_code, card.status_code, forged.status_code, told.status_code) == (400, 400, 400, 200)
    assert [answer.status_code for answer in paid] == [201, 201]
    assert paid[1]["Idempotent-Replayed"] == "true"
    assert Order.objects.get().status == "confirmed"
    secrets = [order["access_token"], cart_token, "tok_swordfish", webhooks.SECRET, "swordfish-of-somebody-else", CARD]
    assert_none_told(logs, *secrets)
    assert_none_stored(cart_token, "tok_swordfish", webhooks.SECRET, "swordfish-of-somebody-else", CARD)
    assert order["access_token"] not in str([*IdempotencyKey.objects.values_list()])


def test_what_breaks_in_a_purchase(guest: APIClient, logs: io.StringIO, broken: Callable[[str], None]) -> None:
    order, _ = bought(guest)
    guest.raise_request_exception = False
    broken("payments_")
    headers = {"X-Order-Token": order["access_token"], "Idempotency-Key": "payment-once"}

    paid = guest.post(
        f"{API}/orders/{order['order_number']}/payments/",
        {"payment_method": "dummy", "details": {"token": "tok_ok"}},
        headers=headers,
    )
    data = {"payment": str(uuid4()), "transaction_id": "swordfish-payment", "amount": "1.00", "currency": "USD"}
    told = webhooks.send(guest, {"id": "evt_1", "type": "charge.succeeded", "data": data})

    assert (paid.status_code, told.status_code) == (500, 500)
    assert "broken while it ran" in logs.getvalue()
    assert_none_told(logs, order["access_token"], webhooks.SECRET, "swordfish-payment")


def test_an_import_tells_nothing_of_its_rows(guest: APIClient, logs: io.StringIO) -> None:
    token = str(AccessToken.for_user(staff_user("common.add_importjob", "products.change_product")))
    guest.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    file = SimpleUploadedFile("a.csv", f"sku,name,price\nA,{PASSWORD},dear\nB,{PASSWORD},1\n".encode())

    sent = guest.post(f"{API}/imports/", {"subject": "products", "file": file, "confirm": "true"}, format="multipart")
    assert work_off_one()

    assert sent.status_code == 202
    assert ImportJob.objects.get().status == "done"
    assert_none_told(logs, PASSWORD, token)


@pytest.mark.parametrize(
    ("change", "told"), [("email = NULL", "Failing row contains"), ("email = 'ADA@example.com'", "already exists")]
)
def test_a_row_that_the_database_refuses_is_not_told(logs: io.StringIO, change: str, told: str) -> None:
    user, other = UserFactory.create(email=EMAIL), UserFactory.create()

    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE {User._meta.db_table} SET {change} WHERE id = %s", [other.pk])
    except IntegrityError:
        logging.getLogger("shop").exception("refused")

    assert "IntegrityError" in logs.getvalue()
    assert told in logs.getvalue()
    assert f"({HIDDEN})" in logs.getvalue()
    assert_none_told(logs, EMAIL, user.password, other.password, other.email)


@pytest.mark.parametrize(
    "text",
    [
        "Bearer swordfish.of-the_shop",
        "postgres://shop:swordfish@db/shop",
        "redis://:swordfish@cache:6379/0",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzd29yZGZpc2gifQ.swordfish",
        "sk_live_swordfish and whsec_swordfish",
        "pi_1_secret_swordfish",
        "pbkdf2_sha256$600000$swordfish$swordfish=",
        "/reset-password?token=swordfish&x=1",
        "{'password': 'swordfish'}",
        '{"new_password": "swordfish"}',
        "Key (token_hash)=(swordfish) already exists.",
        "Failing row contains (1, swordfish, null).",
    ],
)
def test_secrets_are_known_by_their_form(text: str) -> None:
    assert "swordfish" not in redacted_text(text)
    assert HIDDEN in redacted_text(text)


def test_card_numbers_are_taken_out_and_the_rest_stays() -> None:
    assert redacted_text(f"paid by {CARD} and 4111 1111 1111 1111 123, ok") == f"paid by {HIDDEN} and {HIDDEN} 123, ok"
    assert redacted_text("order AB12 of 2026-11-30, SKU 4006381333931") == "order AB12 of 2026-11-30, SKU 4006381333931"


def test_values_are_hidden_by_their_name_however_deep() -> None:
    told = {
        "order": "AB12",
        "count": 3,
        "data": [{"password": "swordfish", "card": CARD}],
        "X-Order-Token": ["swordfish"],
    }

    assert redacted(told) == {
        "order": "AB12",
        "count": 3,
        "data": [{"password": HIDDEN, "card": HIDDEN}],
        "X-Order-Token": HIDDEN,
    }


def test_libraries_that_log_what_they_send_are_kept_short() -> None:
    loggers = logging_config(level="DEBUG", json=True)["loggers"]

    assert {loggers[name]["level"] for name in TALKATIVE} == {"INFO"}
    assert {"stripe", "botocore", "django.db.backends"} <= set(TALKATIVE)
    # Elsewhere they follow the shop's level, and workers their command line's.
    assert not set(TALKATIVE) & set(logging_config(level="ERROR", json=True)["loggers"])


def test_stored_answers_cannot_be_read_without_the_key(guest: APIClient) -> None:
    order, _ = bought(guest)
    row = IdempotencyKey.objects.get()

    assert (
        json.loads(idempotency._cipher().decrypt(bytes(row.response_body or b"")))["access_token"]
        == order["access_token"]
    )
    assert order["access_token"].encode() not in bytes(row.response_body or b"")
