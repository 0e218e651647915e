"""products/{slug}/stock-notices/: asked for by anybody, confirmed by mail, told once when stock is back."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as outgoing
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from authentication.models import User
from authentication.services.privacy import erase_account, export_account
from common import mail_delivery, outbox
from common.models import Mail
from products.models import Product, StockMovement, StockNotice
from products.services import stock, stock_notices
from products.services.stock import StockKey
from products.tasks import drop_old_stock_notices, mail_stock_notices
from tests.conftest import ApiClientFor
from tests.factories.authentication import UserFactory
from tests.factories.products import ProductFactory, VariationFactory

pytestmark = pytest.mark.django_db

ADA = "ada@example.com"


def address(product: Product) -> str:
    return f"/api/v1/products/{product.slug}/stock-notices/"


def sent() -> list[Any]:
    """The mails that go out now."""
    outgoing.outbox.clear()
    Mail.objects.filter(sent_at=None, given_up_at=None).update(next_attempt_at=timezone.now())
    mail_delivery.send_due_mails()
    return list(outgoing.outbox)


def token_in(message: Any, path: str) -> str:
    found = re.search(rf"{path}\?token=(\S+)", message.body)
    assert found
    return found[1]


def restock(product: Product, units: int = 1) -> None:
    stock.adjust(key=StockKey(product.id, None), delta=units, note="Delivery")


@pytest.fixture
def sold_out() -> Product:
    return ProductFactory.create(name="Lamp", slug="lamp", stock=0)


def confirmed(product: Product, email: str = ADA, **facts: Any) -> StockNotice:
    return StockNotice.objects.create(product=product, email=email, confirmed_at=timezone.now(), **facts)


def test_a_guest_confirms_and_is_told_once(guest: APIClient, sold_out: Product) -> None:
    answer = guest.post(address(sold_out), {"email": "Ada@Example.com"})
    assert (answer.status_code, list(answer.json())) == (202, ["detail"])
    (question,) = sent()
    assert question.to == [ADA]
    restock(sold_out)
    mail_stock_notices()
    assert sent() == []

    token = token_in(question, "/stock-notices/confirm")
    assert guest.post("/api/v1/stock-notices/confirm/", {"token": token}).status_code == 204
    mail_stock_notices()
    mail_stock_notices()

    (told,) = sent()
    assert told.subject == "Back in stock: Lamp"
    assert "/products/lamp" in told.body
    assert token_in(told, "/stock-notices/stop")
    restock(sold_out)
    mail_stock_notices()
    assert sent() == []


def test_a_proven_address_needs_no_link(client_for: ApiClientFor, sold_out: Product) -> None:
    user = UserFactory.create(email=ADA, email_verified_at=timezone.now())

    assert client_for(user).post(address(sold_out), {}).status_code == 202

    assert sent() == []
    notice = StockNotice.objects.get()
    assert (notice.user, notice.email, notice.confirmed_at is not None) == (user, ADA, True)


def test_an_unproven_address_of_an_account_needs_one(client_for: ApiClientFor, sold_out: Product) -> None:
    user = UserFactory.create(email=ADA, email_verified_at=None)

    client_for(user).post(address(sold_out), {})

    assert len(sent()) == 1
    assert StockNotice.objects.get().confirmed_at is None


def test_asking_again_asks_once_and_answers_the_same(guest: APIClient, sold_out: Product) -> None:
    first = guest.post(address(sold_out), {"email": ADA})
    again = guest.post(address(sold_out), {"email": ADA.upper()})
    confirmed(sold_out, "known@example.com")
    known = guest.post(address(sold_out), {"email": "known@example.com"})

    assert {answer.status_code for answer in (first, again, known)} == {202}
    assert first.json() == again.json() == known.json()
    assert len(sent()) == 1
    assert StockNotice.objects.count() == 2


def test_nobody_is_flooded_with_questions(guest: APIClient) -> None:
    for _ in range(stock_notices.MOST_UNCONFIRMED + 2):
        assert guest.post(address(ProductFactory.create(stock=0)), {"email": ADA}).status_code == 202

    assert len(sent()) == stock_notices.MOST_UNCONFIRMED


def test_a_variation_is_waited_for_alone(guest: APIClient) -> None:
    small = VariationFactory.create(stock=0, value="S")
    large = VariationFactory.create(product=small.product, stock=0, value="L")
    guest.post(address(small.product), {"email": ADA, "variation": small.id})
    StockNotice.objects.update(confirmed_at=timezone.now())
    sent()

    stock.adjust(key=StockKey(large.product_id, large.id), delta=1, note="Delivery")
    mail_stock_notices()
    assert sent() == []
    stock.adjust(key=StockKey(small.product_id, small.id), delta=1, note="Delivery")
    mail_stock_notices()

    (told,) = sent()
    assert told.subject.startswith(f"Back in stock: {small.product.name} (Size: S)")


def test_any_door_counts(sold_out: Product) -> None:
    confirmed(sold_out)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE products_product SET stock_quantity = 1 WHERE id = %s", [sold_out.id])
    StockMovement.objects.create(product=sold_out, delta=1, reason="adjustment")

    mail_stock_notices()

    assert len(sent()) == 1


def test_what_is_off_the_shop_is_told_to_nobody(sold_out: Product) -> None:
    confirmed(sold_out)
    Product.objects.update(is_active=False)
    restock(sold_out)

    mail_stock_notices()

    assert sent() == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "required"),
        ({"email": "nobody"}, 400, "invalid"),
        ({"email": ADA, "colour": "red"}, 400, "unknown_field"),
        ({"email": ADA, "variation": 0}, 400, "does_not_exist"),
    ],
)
def test_what_cannot_be_is_refused(
    body: dict[str, Any], status: int, code: str, guest: APIClient, sold_out: Product
) -> None:
    answer = guest.post(address(sold_out), body)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)
    assert not StockNotice.objects.exists()


def test_a_variation_of_another_product_is_refused(guest: APIClient, sold_out: Product) -> None:
    other = VariationFactory.create(stock=0)

    answer = guest.post(address(sold_out), {"email": ADA, "variation": other.id})

    assert answer.json()["errors"] == [
        {"field": "variation", "code": "does_not_exist", "detail": "Of another product."}
    ]


def test_a_customer_names_no_other_address(user_client: APIClient, sold_out: Product) -> None:
    answer = user_client.post(address(sold_out), {"email": "victim@example.com"})

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "own_address")


def test_what_is_in_stock_needs_no_waiting(guest: APIClient) -> None:
    answer = guest.post(address(ProductFactory.create(stock=1)), {"email": ADA})

    assert (answer.status_code, answer.json()["code"]) == (409, "already_in_stock")


def test_a_draft_is_not_found(guest: APIClient, sold_out: Product) -> None:
    Product.objects.update(is_active=False)

    assert guest.post(address(sold_out), {"email": ADA}).status_code == 404


@pytest.mark.parametrize("token", ["x", "1.x", "99999999999999999999.a", "²", "-1.a"])
def test_a_false_token_tells_nothing(token: str, guest: APIClient, sold_out: Product) -> None:
    confirmed(sold_out)

    confirming = guest.post("/api/v1/stock-notices/confirm/", {"token": token})
    stopping = guest.post("/api/v1/stock-notices/stop/", {"token": token})

    assert (confirming.status_code, stopping.status_code) == (400, 204)
    assert StockNotice.objects.count() == 1


def test_stopping_forgets_the_address(guest: APIClient, sold_out: Product) -> None:
    confirmed(sold_out)
    confirmed(ProductFactory.create(stock=0))
    confirmed(ProductFactory.create(stock=0), "other@example.com")
    restock(sold_out)
    mail_stock_notices()
    token = token_in(sent()[0], "/stock-notices/stop")

    for _ in range(2):
        assert guest.post("/api/v1/stock-notices/stop/", {"token": token}).status_code == 204

    assert list(StockNotice.objects.values_list("email", flat=True)) == ["other@example.com"]


def test_after_the_mail_one_may_wait_anew(guest: APIClient, sold_out: Product) -> None:
    told = confirmed(sold_out, told_at=timezone.now())

    guest.post(address(sold_out), {"email": ADA})

    notice = StockNotice.objects.get()
    assert (notice.pk != told.pk, notice.confirmed_at) == (True, None)
    assert len(sent()) == 1


def test_old_notices_are_forgotten(sold_out: Product, settings: Settings) -> None:
    settings.STOCK_NOTICE_DAYS = 30
    now = timezone.now()
    rows = {
        "waiting@example.com": (29, now, None),
        "in-vain@example.com": (31, now, None),
        "unconfirmed@example.com": (3, None, None),
        "asked@example.com": (1, None, None),
        "told@example.com": (9, now, now - timedelta(days=8)),
        "just-told@example.com": (9, now, now - timedelta(days=6)),
    }
    for email, (days, confirmed_at, told_at) in rows.items():
        notice = StockNotice.objects.create(product=sold_out, email=email, confirmed_at=confirmed_at, told_at=told_at)
        StockNotice.objects.filter(pk=notice.pk).update(created_at=now - timedelta(days=days))

    drop_old_stock_notices()

    left = set(StockNotice.objects.values_list("email", flat=True))
    assert left == {"waiting@example.com", "asked@example.com", "just-told@example.com"}


def test_the_person_sees_and_erases_what_they_wait_for(sold_out: Product, user: User) -> None:
    confirmed(sold_out, user.email)
    confirmed(ProductFactory.create(stock=0), "former@example.com", user=user)
    confirmed(sold_out, "stranger@example.com")
    restock(sold_out)
    mail_stock_notices()

    exported = export_account(user_id=user.id)["stock_notices"]
    erase_account(user_id=user.id)
    outbox.relay()

    assert {each["email"] for each in exported} == {user.email, "former@example.com"}
    assert list(StockNotice.objects.values_list("email", flat=True)) == ["stranger@example.com"]
    assert list(Mail.objects.values_list("recipient", flat=True)) == ["stranger@example.com"]


def test_a_guest_is_forgotten_by_command(sold_out: Product) -> None:
    confirmed(sold_out)
    confirmed(sold_out, "stranger@example.com")
    restock(sold_out)
    mail_stock_notices()

    call_command("forget_address", "Ada@example.com")

    assert list(StockNotice.objects.values_list("email", flat=True)) == ["stranger@example.com"]
    assert list(Mail.objects.values_list("recipient", flat=True)) == ["stranger@example.com"]
