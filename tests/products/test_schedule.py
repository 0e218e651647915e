"""Scheduled publishing and discontinued products: what the public sees, what carts sell, what is told."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from authentication.models import User
from common.models import OutboxEvent
from config.celery import SCHEDULE
from products import tasks
from products.models import Product
from products.services import offering, products, stock
from products.services.stock import StockKey
from tests.factories.products import ProductFactory, VariationFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/products/boot/"
HOUR = timedelta(hours=1)


@pytest.fixture
def boot(db: None) -> Product:
    return ProductFactory.create(slug="boot", sku="BOOT")


def at(moment: datetime) -> str:
    return moment.isoformat()


def told() -> list[str]:
    return list(OutboxEvent.objects.filter(name__startswith="product.").order_by("id").values_list("name", flat=True))


def plan(product: Product, **fields: Any) -> Product:
    return products.update_product(product_id=product.id, fields=fields)


def test_what_is_to_be_published_later_is_hidden_until_then(guest: APIClient, clerk: APIClient, boot: Product) -> None:
    tomorrow = timezone.now() + 24 * HOUR

    answer = clerk.patch(URL, {"publish_at": at(tomorrow)}).json()

    assert (answer["status"], answer["is_active"]) == ("scheduled", False)
    assert guest.get(URL).status_code == 404
    offering.apply_schedule(now=tomorrow - HOUR)
    assert guest.get(URL).status_code == 404
    assert offering.apply_schedule(now=tomorrow) == 1
    assert guest.get(URL).status_code == 200
    assert clerk.get(URL).json()["publish_at"] is None
    assert told() == ["product.deactivated", "product.activated"]


def test_a_new_product_may_be_planned(guest: APIClient, clerk: APIClient) -> None:
    body = {"name": "Hat", "slug": "hat", "description": "", "price": "1.00", "sku": "H"}
    begins = timezone.now() + HOUR

    made = clerk.post("/api/v1/products/", {**body, "publish_at": at(begins), "unpublish_at": at(begins + HOUR)})

    assert (made.status_code, made.json()["status"]) == (201, "scheduled")
    offering.apply_schedule(now=begins)
    assert guest.get("/api/v1/products/hat/").status_code == 200
    offering.apply_schedule(now=begins + HOUR)
    assert guest.get("/api/v1/products/hat/").status_code == 404
    assert told() == ["product.activated", "product.deactivated"]


def test_a_beat_that_was_missed_is_caught_up(boot: Product) -> None:
    begins = timezone.now() + HOUR
    plan(boot, publish_at=begins, unpublish_at=begins + HOUR)
    OutboxEvent.objects.all().delete()

    offering.apply_schedule(now=begins + 5 * HOUR)

    boot.refresh_from_db()
    assert (boot.is_active, boot.publish_at, boot.unpublish_at) == (False, None, None)
    assert told() == []  # it never was on offer


def test_running_twice_changes_and_tells_once(boot: Product) -> None:
    plan(boot, unpublish_at=timezone.now() + HOUR)
    for _ in range(2):
        offering.apply_schedule(now=timezone.now() + 2 * HOUR)
        tasks.apply_schedule()

    assert told() == ["product.deactivated"]


def test_all_that_is_due_is_applied_however_much_it_is(boot: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offering, "BATCH_ROWS", 2)
    for _ in range(4):
        ProductFactory.create()
    Product.objects.update(unpublish_at=timezone.now() + HOUR)

    assert offering.apply_schedule(now=timezone.now() + HOUR) == 5

    assert not Product.objects.filter(is_active=True).exists()


def test_beat_knows_the_task() -> None:
    assert SCHEDULE["apply-product-schedule"]["task"] == tasks.apply_schedule.name


def test_a_time_that_has_passed_takes_effect_at_once(clerk: APIClient, boot: Product) -> None:
    Product.objects.update(is_active=False)
    ago = timezone.now() - HOUR

    published = clerk.patch(URL, {"publish_at": at(ago)}).json()
    ended = clerk.patch(URL, {"unpublish_at": at(ago)}).json()

    assert (published["status"], published["publish_at"]) == ("active", None)
    assert (ended["status"], ended["unpublish_at"]) == ("draft", None)


def test_an_end_before_the_beginning_is_refused(clerk: APIClient, boot: Product) -> None:
    begins = timezone.now() + HOUR
    plan(boot, publish_at=begins)

    answer = clerk.patch(URL, {"unpublish_at": at(begins)})

    assert answer.status_code == 400
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [
        ("unpublish_at", "not_after_publish_at")
    ]


def test_the_database_refuses_what_no_service_writes(boot: Product) -> None:
    later = timezone.now() + HOUR
    for wrong in ({"publish_at": later}, {"is_active": False, "publish_at": later, "unpublish_at": later}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Product.objects.update(**wrong)


def test_offering_by_hand_ends_the_plan_to_publish(clerk: APIClient, boot: Product) -> None:
    plan(boot, publish_at=timezone.now() + HOUR, unpublish_at=timezone.now() + 2 * HOUR)

    answer = clerk.patch(URL, {"is_active": True}).json()

    assert (answer["status"], answer["publish_at"]) == ("active", None)
    assert answer["unpublish_at"] is not None


def test_taking_off_by_hand_ends_the_plan_to_take_off(boot: Product) -> None:
    plan(boot, unpublish_at=timezone.now() + HOUR)
    offering.deactivate_products(product_ids=[boot.id])
    offering.activate_products(product_ids=[boot.id])

    offering.apply_schedule(now=timezone.now() + 2 * HOUR)

    boot.refresh_from_db()
    assert boot.is_active
    assert told() == ["product.deactivated", "product.activated"]


def test_an_import_that_offers_it_ends_the_plan_too(boot: Product, tmp_path: Any) -> None:
    plan(boot, publish_at=timezone.now() + HOUR)
    file = tmp_path / "offer.csv"
    file.write_text("sku,is_active\nBOOT,yes\n")

    call_command("import_products", str(file))

    boot.refresh_from_db()
    assert (boot.is_active, boot.publish_at) == (True, None)
    assert told()[-1] == "product.activated"


def test_neither_cart_nor_checkout_waits_for_the_task(guest: APIClient, boot: Product) -> None:
    item = {"product": boot.id, "quantity": 1}
    cart = guest.post("/api/v1/cart/items/", item).json()
    guest.credentials(HTTP_X_CART_TOKEN=cart["token"])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE products_product SET unpublish_at = now() - interval '1 second'")

    assert guest.post("/api/v1/cart/items/", item).status_code == 400
    assert [each["code"] for each in guest.get("/api/v1/cart/").json()["problems"]] == ["product_unavailable"]


def test_every_change_of_the_plan_is_a_new_version(clerk: APIClient, boot: Product) -> None:
    before = clerk.get(URL)

    Product.objects.update(unpublish_at=timezone.now() + HOUR)

    after = clerk.get(URL)
    assert after["ETag"] != before["ETag"]
    assert after.json()["updated_at"] > before.json()["updated_at"]


def test_a_discontinued_product_sells_its_rest_and_is_not_reordered(
    guest: APIClient, clerk: APIClient, boot: Product
) -> None:
    assert [each["sku"] for each in clerk.get("/api/v1/inventory/low-stock/").json()["results"]] == ["BOOT"]

    answer = clerk.patch(URL, {"is_discontinued": True}).json()

    assert answer["status"] == "discontinued"
    shown = guest.get(URL).json()
    assert (shown["is_discontinued"], shown["in_stock"]) == (True, True)
    assert clerk.get("/api/v1/inventory/low-stock/").json()["results"] == []
    stock.take(demand={StockKey(boot.id, None): 10}, order_number="A")
    assert not OutboxEvent.objects.filter(name="stock.low").exists()
    assert guest.get(URL).json()["in_stock"] is False


def test_the_admin_plans_and_says_so(boot: Product) -> None:
    VariationFactory.create()
    client = Client()
    client.force_login(User.objects.create_superuser("boss@example.com", "boss@example.com", "a-password"))
    page = f"/admin/products/product/{boot.id}/change/"
    parts = ("images", "variations", "productcategory_set")
    form = {f"{part}-{count}_FORMS": "0" for part in parts for count in ("TOTAL", "INITIAL")}
    form |= {"name": "Boot", "slug": "boot", "sku": "BOOT", "low_stock_threshold": "1", "description": "x"}
    form |= {"price": "10.00", "is_active": "on"}

    planned = client.post(page, {**form, "publish_at_0": "2100-01-01", "publish_at_1": "10:00"})
    assert planned.status_code == 302, planned.content
    boot.refresh_from_db()
    assert boot.status == "scheduled"
    assert "Scheduled" in client.get("/admin/products/product/").content.decode()

    offered = client.post(page, {**form, "publish_at_0": "2100-01-01", "publish_at_1": "10:00", "is_active": "on"})
    assert offered.status_code == 302
    boot.refresh_from_db()
    assert (boot.status, boot.publish_at) == ("active", None)
