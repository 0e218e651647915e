"""Export, erase, then search every column: the person is in the frozen fields of orders and invoices alone."""

import json
import threading
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import connection
from rest_framework.test import APIClient

from authentication.models import Address, User
from authentication.services import privacy, sessions
from authentication.services.data_requests import erase_person
from common import outbox
from common.models import IdempotencyKey, ImportBatch, ImportChange, ImportJobRefusal, OutboxDelivery, OutboxEvent
from orders.models import Order
from orders.services import life
from payments.models import Payment, WebhookEvent
from products.services import stock_notices
from tests.authentication.mailbox import deliver_mails, token_in
from tests.conftest import ApiClientFor
from tests.factories.authentication import PASSWORD, AddressFactory, UserFactory
from tests.factories.jobs import checked_import
from tests.factories.payments import order_worth, paid
from tests.factories.products import ProductFactory, ReviewFactory
from tests.factories.shipping import ShippingRateFactory
from tests.payments.webhooks import charge_event, send

pytestmark = pytest.mark.django_db
ME = "/api/v1/auth/me/"
EMAIL = "ada.lovelace@example.com"
TRACES = ("lovelace", "augusta", "7946 0018", "St James Square")
FROZEN = {
    "orders_invoice.buyer",
    "orders_order.billing_address_snapshot",
    "orders_order.email",
    "orders_order.notes",
    "orders_order.shipping_address_snapshot",
    "orders_couponuse.customer",
}


def found_in_database() -> dict[str, set[str]]:
    """Every text, JSON and bytea column of every table, and what of the person stands in it."""
    found: dict[str, set[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c"
            " JOIN pg_tables t ON t.schemaname = c.table_schema AND t.tablename = c.table_name"
            " WHERE c.table_schema = 'public'"
            " AND c.data_type IN ('text', 'character varying', 'json', 'jsonb', 'bytea', 'ARRAY', 'tsvector')"
        )
        for table, column, kind in cursor.fetchall():
            shown = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
            conditions = ", ".join([f"bool_or({shown} ILIKE %s)"] * len(TRACES))
            cursor.execute(f'SELECT {conditions} FROM "{table}"', [f"%{trace}%" for trace in TRACES])
            hits = {trace for trace, hit in zip(TRACES, cursor.fetchone(), strict=True) if hit}
            if hits:
                found[f"{table}.{column}"] = hits
    return found


@pytest.fixture
def ada() -> User:
    user = UserFactory.create(email=EMAIL, username="ada", first_name="Augusta", last_name="Lovelace")
    User.objects.filter(pk=user.pk).update(phone="+44 7946 0018", additional_details={"nick": "Augusta"})
    return User.objects.get(pk=user.pk)


@pytest.fixture
def ada_client(ada: User, client_for: ApiClientFor) -> APIClient:
    return client_for(ada)


@pytest.fixture
def home(ada: User) -> Address:
    return AddressFactory.create(
        user=ada, full_name="Augusta Lovelace", phone="7946 0018", address_line1="12 St James Square"
    )


def _buy(client: APIClient, home: Address) -> Order:
    method = ShippingRateFactory.create().shipping_method_id
    product = ProductFactory.create(stock=5)
    assert client.post("/api/v1/cart/items/", {"product": product.pk}).status_code == 201
    wish = {"shipping_address": home.pk, "shipping_method": method, "notes": "Ring for Lovelace"}
    placed = client.post("/api/v1/checkout/", wish, headers={"Idempotency-Key": f"buy-{product.pk}"})
    assert placed.status_code == 201, placed.content
    return Order.objects.get(order_number=placed.json()["order_number"])


def _leave_traces(ada: User, client: APIClient, home: Address) -> None:
    """Whatever of the shop writes a person down."""
    client.post("/api/v1/auth/email/change/", {"email": "augusta@lovelace.example", "password": PASSWORD})
    client.post("/api/v1/cart/items/", {"product": ProductFactory.create(stock=5).pk})
    ReviewFactory.create(user=ada)
    stock_notices.request_notice(product=ProductFactory.create(stock=0), variation=None, email=EMAIL, user=ada)
    for thing in (ada, home):
        LogEntry.objects.create(
            user=ada,
            content_type=ContentType.objects.get_for_model(type(thing)),
            object_id=str(thing.pk),
            object_repr=str(thing),
            action_flag=CHANGE,
        )
    batch = ImportBatch.objects.create(subject="customers", file_name="a.csv", format="native", mode="upsert")
    after = {"first_name": "Augusta", "email": EMAIL}
    for kind, key in (("customer", ada.pk), ("address", home.pk)):
        ImportChange.objects.create(batch=batch, kind=kind, action="created", target_id=key, label=EMAIL, after=after)
    for order in Order.objects.filter(user=ada):
        ImportChange.objects.create(
            batch=batch, kind="order", action="created", target_id=order.pk, label="1", after=after
        )
    job = checked_import(actor=UserFactory.create(), subject="customers")
    job.changes.filter(position=1).update(label=EMAIL, values={"first_name": ["", "Augusta"]})
    job.changes.filter(position=2).update(label=f"{EMAIL}, 12 St James Square")
    ImportJobRefusal.objects.create(job=job, position=1, line=2, column="email", value=EMAIL, code="x", reason="x")
    outbox.relay()
    OutboxDelivery.objects.filter(done_at=None).update(last_error=f"550 no such user {EMAIL}")


def test_export_then_erase_then_search(ada: User, ada_client: APIClient, home: Address) -> None:
    bought = _buy(ada_client, home)
    finished = _buy(ada_client, home)
    paid(finished)
    life.cancel(order_number=bought.order_number, by_staff=True)
    _leave_traces(ada, ada_client, home)
    deliver_mails()
    exported = ada_client.get(f"{ME}export/").content.decode()
    assert all(trace in exported.replace("+44 ", "") for trace in ("Lovelace", "7946 0018", "12 St James Square"))
    assert len(found_in_database()) > len(FROZEN)

    assert ada_client.delete(ME, {"password": PASSWORD}).status_code == 204
    deliver_mails()

    assert set(found_in_database()) <= FROZEN
    bought.refresh_from_db()
    finished.refresh_from_db()
    assert "Lovelace" not in json.dumps(bought.shipping_address_snapshot)
    assert "Lovelace" in json.dumps(finished.shipping_address_snapshot)  # somebody waits for the parcel
    life.cancel(order_number=finished.order_number, by_staff=True)
    deliver_mails()
    assert set(found_in_database()) <= {"orders_invoice.buyer"}
    assert IdempotencyKey.objects.filter(caller=f"user:{ada.pk}").count() == 0


def test_erased_while_a_refund_is_pending(ada: User, ada_client: APIClient, client_for: ApiClientFor) -> None:
    order = order_worth("10.00", user=ada, email=EMAIL)
    payment = paid(order)
    life.cancel(order_number=order.order_number, by_staff=True)

    assert ada_client.delete(ME, {"password": PASSWORD}).status_code == 204
    deliver_mails()

    payment.refresh_from_db()
    assert (payment.order.status, payment.order.user_id) == ("cancelled", ada.pk)
    assert payment.refunds.count() == 1
    assert set(found_in_database()) <= {"orders_invoice.buyer"}
    assert Payment.objects.get().amount == payment.amount


@pytest.mark.django_db(transaction=True)
def test_erased_twice_at_once(ada: User, client_for: ApiClientFor) -> None:
    statuses: list[int] = []
    ready = threading.Barrier(2)

    def close() -> None:
        client = client_for(ada)
        ready.wait(30)
        statuses.append(client.delete(ME, {"password": PASSWORD}).status_code)
        connection.close()

    threads = [threading.Thread(target=close) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(statuses) == [204, 401]
    assert OutboxEvent.objects.filter(name="user.erased").count() == 1


def test_no_session_outlives_it(ada: User, ada_client: APIClient, guest: APIClient) -> None:
    refresh = sessions.begin_session(user=ada).refresh

    ada_client.delete(ME, {"password": PASSWORD})

    assert ada_client.get(ME).status_code == 401
    assert guest.post("/api/v1/auth/token/", {"email": EMAIL, "password": PASSWORD}).status_code == 401
    assert guest.post("/api/v1/auth/token/refresh/", {"refresh": refresh}).status_code == 401


def _registered(guest: APIClient) -> APIClient:
    answer = guest.post("/api/v1/auth/register/", {"email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 201
    guest.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access']}")
    return guest


def test_who_registers_the_address_anew_sees_no_earlier_order(
    ada: User, ada_client: APIClient, guest: APIClient
) -> None:
    for order in (order_worth("10.00", user=ada, email=EMAIL), order_worth("11.00", user=ada, email=EMAIL)):
        paid(order)
    life.cancel(order_number=Order.objects.order_by("id")[0].order_number, by_staff=True)
    ada_client.delete(ME, {"password": PASSWORD})
    outbox.relay()

    again = _registered(guest)
    (link,) = [mail for mail in deliver_mails() if EMAIL in mail.to]
    assert guest.post("/api/v1/auth/email/verify/", {"token": token_in(link)}).status_code == 204
    outbox.relay()

    assert again.get("/api/v1/orders/").json()["results"] == []


def test_a_guests_orders_join_once_the_address_is_proven_and_not_before(guest: APIClient) -> None:
    mine = order_worth("10.00", user=None, email=EMAIL)
    order_worth("10.00", user=None, email="charles@example.com")

    client = _registered(guest)
    (link,) = [mail for mail in deliver_mails() if EMAIL in mail.to]
    assert client.get("/api/v1/orders/").json()["results"] == []

    assert client.post("/api/v1/auth/email/verify/", {"token": token_in(link)}).status_code == 204
    outbox.relay()

    assert [order["order_number"] for order in client.get("/api/v1/orders/").json()["results"]] == [mine.order_number]


def test_what_gateways_say_is_kept_without_the_person(guest: APIClient) -> None:
    event = charge_event(paid(order_worth("10.00"), "tok_pending"), "succeeded")
    event["billing_details"] = {"name": "Augusta Lovelace", "email": EMAIL}
    event["more"] = [{"receipt_email": EMAIL, "kept": 1}]

    assert send(guest, event).status_code == 200

    assert found_in_database() == {}
    assert WebhookEvent.objects.get().payload["more"] == [{"kept": 1}]


def request(*arguments: str) -> str:
    out = StringIO()
    call_command("data_request", *arguments, stdout=out)
    return out.getvalue()


def test_a_guests_request_is_answered(tmp_path: Path) -> None:
    address = {"full_name": "Augusta Lovelace", "address_line1": "12 St James Square", "postal_code": "90001"}
    fields: dict[str, Any] = {"user": None, "email": EMAIL, "shipping_address_snapshot": address}
    done = order_worth("10.00", **fields, billing_address_snapshot=address)
    open_order = order_worth("10.00", **fields, billing_address_snapshot=address)
    life.cancel(order_number=done.order_number, by_staff=True)
    stock_notices.request_notice(product=ProductFactory.create(stock=0), variation=None, email=EMAIL)
    deliver_mails()
    file = tmp_path / "ada.json"

    assert "no account, 2 orders" in request(EMAIL.upper())
    said = request(EMAIL, "--export", str(file), "--erase")

    document = json.loads(file.read_text())
    assert document["account"] is None
    numbers = [order["order_number"] for order in document["without_account"]["orders"]["orders"]]
    assert numbers == [done.order_number, open_order.order_number]
    assert len(document["without_account"]["stock_notices"]) == 1
    assert file.stat().st_mode & 0o077 == 0
    assert "1 orders are under way" in said
    assert set(found_in_database()) <= FROZEN
    assert Order.objects.get(pk=done.pk).email.endswith("@erased.invalid")

    life.cancel(order_number=open_order.order_number, by_staff=True)
    request(EMAIL, "--erase")
    outbox.relay()
    assert found_in_database() == {}
    assert Order.objects.filter(total="10.00").count() == 2


def test_a_request_of_somebody_with_an_account(ada: User, home: Address, tmp_path: Path) -> None:
    file = tmp_path / "ada.json"

    assert "an account" in request(EMAIL)
    assert "the account and all of it" in request(EMAIL, "--export", str(file), "--erase")

    assert json.loads(file.read_text())["account"]["profile"]["first_name"] == "Augusta"
    assert found_in_database() == {}
    assert not Address.objects.filter(pk=home.pk).exists()


@pytest.mark.parametrize("email", ["nobody@example.com", "erased-0123@erased.invalid", "ada"])
def test_a_request_that_finds_nothing_says_so(email: str) -> None:
    with pytest.raises(CommandError, match="nothing"):
        request(email, "--erase")


def test_an_export_overwrites_no_file_and_then_erases_nothing(ada: User, tmp_path: Path) -> None:
    file = tmp_path / "there.json"
    file.write_text("mine")

    with pytest.raises(CommandError, match="nothing exported, nothing erased"):
        request(EMAIL, "--export", str(file), "--erase")

    assert file.read_text() == "mine"
    assert User.objects.get(pk=ada.pk).erased_at is None


def test_a_second_erasure_does_nothing(ada: User) -> None:
    assert erase_person(email=EMAIL).had_account
    assert not erase_person(email=EMAIL).had_account
    privacy.erase_account(user_id=ada.pk)
    assert OutboxEvent.objects.filter(name="user.erased").count() == 1
