"""Every door is told apart: who changed what through it, and what it was before and after."""

from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from authentication.models import User
from common.audit.context import Door, working
from common.models import AuditEntry
from orders.models import Order
from orders.tasks import expire_unpaid_orders
from payments.models import Refund
from products.models import Product, StockMovement
from products.services import stock
from products.services.stock import StockKey
from tests.conftest import ApiClientFor
from tests.factories.authentication import UserFactory, staff_user
from tests.factories.orders import ADDRESS, CouponFactory, TaxRateFactory
from tests.factories.payments import order_worth, paid, waiting_order
from tests.factories.products import ProductFactory, VariationFactory
from tests.factories.shipping import ShippingRateFactory

pytestmark = pytest.mark.django_db


def newest() -> int:
    """The key of the newest entry: what a test prepares is written by bare SQL as far as the audit knows."""
    return AuditEntry.objects.order_by("-id").values_list("id", flat=True).first() or 0


def told(kind: str, *, after: int = 0) -> list[dict[str, Any]]:
    """The entries of the kind beyond that key, the oldest first."""
    columns = ("object_type", "object_id", "before", "after", "door", "origin", "actor_id", "client_address")
    return list(AuditEntry.objects.filter(kind=kind, id__gt=after).order_by("id").values(*columns))


def _sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def manager() -> User:
    return staff_user("products.view_product", "products.change_product", "products.add_stockmovement", is_staff=True)


def test_a_price_through_the_api(manager: User, client_for: ApiClientFor) -> None:
    product = ProductFactory.create(price=Decimal("12.50"))

    answer = client_for(manager).patch(
        f"/api/v1/products/{product.slug}/",
        {"price": "9.90"},
        REMOTE_ADDR="203.0.113.77",
        headers={"X-Request-ID": "price-of-today"},
    )

    assert answer.status_code == 200
    assert told("price") == [
        {
            "object_type": "products.product",
            "object_id": product.id,
            "before": {"price": "12.50"},
            "after": {"price": "9.90"},
            "door": "api",
            "origin": "PATCH api/v1/products/<slug:slug>/",
            "actor_id": manager.pk,
            "client_address": "203.0.113.0",
        }
    ]
    assert AuditEntry.objects.get(kind="price").request_id == "price-of-today"


def test_a_price_through_the_admin(client: Client) -> None:
    root = UserFactory.create(is_staff=True, is_superuser=True)
    client.force_login(root)

    form = {"name": "VAT", "country": "DE", "region": "", "tax_class": "", "rate": "19.000"}
    answer = client.post(reverse("admin:orders_taxrate_add"), form)

    assert answer.status_code == 302
    (entry,) = told("price")
    assert (entry["object_type"], entry["door"], entry["actor_id"]) == ("orders.taxrate", "admin", root.pk)
    assert entry["origin"] == "POST admin/orders/taxrate/add/"
    assert entry["before"] is None
    assert entry["after"]["rate"] == "19.000"


def test_prices_through_an_import_command(tmp_path: Path) -> None:
    boss = UserFactory.create(email="boss@example.com")
    products = [ProductFactory.create(sku=f"S{number}", price=Decimal("10.00")) for number in range(3)]
    file = tmp_path / "prices.csv"
    file.write_text("sku,name,price\n" + "".join(f"S{n},{p.name},{10 + n}.00\n" for n, p in enumerate(products)))

    call_command("import_products", str(file), "--actor", "boss@example.com", stdout=StringIO(), stderr=StringIO())

    assert [(entry["object_id"], entry["before"], entry["after"]) for entry in told("price")] == [
        (products[1].id, {"price": "10.00"}, {"price": "11.00"}),
        (products[2].id, {"price": "10.00"}, {"price": "12.00"}),
    ]
    assert {(entry["door"], entry["origin"], entry["actor_id"]) for entry in told("price")} == {
        ("import", "import of products", boss.pk)
    }


def test_a_price_by_a_command_by_a_task_and_by_bare_sql() -> None:
    product = ProductFactory.create(price=Decimal("1.00"))
    for door, price in ((Door.COMMAND, 2), (Door.TASK, 3)):
        with working(door, origin="something"):
            Product.objects.filter(pk=product.pk).update(price=price)
    _sql("UPDATE products_product SET price = 4")

    assert [(entry["door"], entry["before"], entry["after"]) for entry in told("price")] == [
        ("command", {"price": "1.00"}, {"price": "2.00"}),
        ("task", {"price": "2.00"}, {"price": "3.00"}),
        ("sql", {"price": "3.00"}, {"price": "4.00"}),
    ]
    assert told("price")[-1]["origin"] != ""
    assert told("price")[-1]["actor_id"] is None


def test_what_changes_no_audited_column_leaves_no_entry() -> None:
    product = VariationFactory.create(stock=3).product
    CouponFactory.create()
    before = AuditEntry.objects.count()

    _sql("UPDATE products_product SET name = name || '!'")
    _sql("UPDATE products_productvariation SET is_active = false")
    _sql("UPDATE orders_coupon SET use_count = 1")
    _sql("UPDATE authentication_user SET last_login = now()")

    product.refresh_from_db()
    assert product.name.endswith("!")
    assert AuditEntry.objects.count() == before


def test_the_price_of_a_variation_and_what_else_prices_are_made_of() -> None:
    VariationFactory.create(price_adjustment=Decimal("1.00"))
    TaxRateFactory.create()
    CouponFactory.create()
    ShippingRateFactory.create()
    prepared = newest()

    _sql("UPDATE products_productvariation SET price_adjustment = 2")
    _sql("UPDATE orders_taxrate SET rate = 7")
    _sql("UPDATE orders_coupon SET value = 3")
    _sql("UPDATE shipping_shippingrate SET price = 1")
    _sql("UPDATE shipping_shippingmethod SET price = 1")

    new = AuditEntry.objects.filter(id__gt=prepared).order_by("id")
    assert [entry.object_type.partition(".")[2] for entry in new] == [
        "productvariation",
        "taxrate",
        "coupon",
        "shippingrate",
        "shippingmethod",
    ]
    assert {(entry.kind, entry.door) for entry in new} == {("price", "sql")}


def test_a_deleted_product_is_told_with_what_it_cost() -> None:
    product = ProductFactory.create(sku="GONE", price=Decimal("5.00"))

    _sql("DELETE FROM products_stockmovement")
    product.delete()

    (entry,) = told("price")
    assert (entry["before"]["sku"], entry["before"]["price"], entry["after"]) == ("GONE", "5.00", None)


def test_stock_by_staff_and_by_bare_sql(manager: User, client_for: ApiClientFor) -> None:
    product = ProductFactory.create(stock=5)
    prepared = newest()

    sent = {"product": product.id, "delta": -2, "reason": "Broken"}
    assert client_for(manager).post("/api/v1/inventory/adjustments/", sent).status_code == 201
    _sql("UPDATE products_product SET stock_quantity = 9")
    _sql("UPDATE products_product SET stock_quantity = 3")

    assert [(entry["before"], entry["after"], entry["door"]) for entry in told("stock", after=prepared)] == [
        ({"stock_quantity": "5"}, {"stock_quantity": "3"}, "api"),
        ({"stock_quantity": "3"}, {"stock_quantity": "9"}, "sql"),
        ({"stock_quantity": "9"}, {"stock_quantity": "3"}, "sql"),
    ]


def test_stock_of_a_variation_is_told_once_though_its_product_follows() -> None:
    variation = VariationFactory.create(stock=5)
    prepared = newest()

    with working(Door.COMMAND, origin="count"):
        stock.adjust(key=StockKey(variation.product_id, variation.id), delta=1, note="Found")

    assert [entry["object_type"] for entry in told("stock", after=prepared)] == ["products.productvariation"]


def _place_order(guest: APIClient, product: Product, method: int) -> Any:
    cart = guest.post("/api/v1/cart/items/", {"product": product.id}).json()
    wish = {"shipping_address": ADDRESS, "shipping_method": method, "email": "ada@example.com"}
    placed = guest.post("/api/v1/checkout/", wish, headers={"X-Cart-Token": cart["token"]})
    assert placed.status_code == 201
    return placed.json()


def test_a_sale_a_payment_and_an_expiry_are_told_by_their_ledgers_alone(guest: APIClient) -> None:
    product = ProductFactory.create(stock=5)
    method = ShippingRateFactory.create().shipping_method_id
    before = AuditEntry.objects.count()

    orders = [_place_order(guest, product, method) for _ in range(2)]
    token = orders[0]["access_token"]
    path = f"/api/v1/orders/{orders[0]['order_number']}/payments/"
    card = {"payment_method": "dummy", "details": {"token": "tok_ok"}}
    answer = guest.post(path, card, headers={"X-Order-Token": token, "Idempotency-Key": "pay"})
    assert answer.status_code == 201
    Order.objects.filter(status="pending").update(expires_at="2020-01-01T00:00Z")
    expire_unpaid_orders.apply()

    assert sorted(Order.objects.values_list("status", flat=True)) == ["cancelled", "confirmed"]
    assert StockMovement.objects.filter(reason__in=["sale", "expiry"]).count() == 3
    assert AuditEntry.objects.count() == before


def test_an_order_moved_by_staff_and_by_bare_sql(client_for: ApiClientFor) -> None:
    order = paid(order_worth("10.00")).order
    staff = staff_user("orders.view_order", "orders.change_order")
    prepared = newest()

    answer = client_for(staff).post(f"/api/v1/orders/{order.order_number}/process/")
    assert answer.status_code == 200
    _sql("UPDATE orders_order SET status = 'shipped', tracking_number = 'T1'")

    moves = told("order", after=prepared)
    assert [(entry["before"], entry["after"], entry["door"], entry["actor_id"]) for entry in moves] == [
        ({"status": "confirmed"}, {"status": "processing"}, "api", staff.pk),
        (
            {"status": "processing", "tracking_number": None},
            {"status": "shipped", "tracking_number": "T1"},
            "sql",
            None,
        ),
    ]
    assert moves[0]["origin"].startswith("POST api/v1/orders/")


def test_a_refund_and_its_end(client_for: ApiClientFor) -> None:
    payment = paid(order_worth("10.00"))
    staff = staff_user("payments.view_payment", "payments.add_refund", "orders.view_order")

    sent = {"amount": "4.00", "reason": "Late"}
    answer = client_for(staff).post(
        f"/api/v1/payments/{payment.id}/refunds/", sent, headers={"Idempotency-Key": "once"}
    )

    assert answer.status_code == 201
    refund = Refund.objects.get()
    entries = told("refund")
    assert (entries[0]["before"], entries[0]["after"]["amount"]) == (None, "4.00")
    assert entries[-1]["after"]["status"] == refund.status
    assert {(entry["door"], entry["actor_id"]) for entry in entries} == {("api", staff.pk)}


def test_rights_given_and_taken() -> None:
    user = UserFactory.create()
    role = Group.objects.create(name="Night desk")
    permission = Permission.objects.get(codename="view_order")

    with working(Door.ADMIN, origin="a page", actor_id=user.pk):
        role.permissions.add(permission)
        user.groups.add(role)
        user.user_permissions.add(permission)
        User.objects.filter(pk=user.pk).update(is_staff_member=True)
        user.groups.clear()
        role.permissions.clear()
        role.delete()

    roles = [(entry["object_type"].partition(".")[2], entry["before"], entry["after"]) for entry in told("role")]
    assert roles == [
        ("group", None, {"name": "Night desk"}),
        ("group", None, {"permissions": ["orders.view_order"]}),
        ("user", None, {"roles": ["Night desk"]}),
        ("user", None, {"permissions": ["orders.view_order"]}),
        ("user", {"is_staff_member": False}, {"is_staff_member": True}),
        ("user", {"roles": ["Night desk"]}, None),
        ("group", {"permissions": ["orders.view_order"]}, None),
        ("group", {"name": "Night desk"}, None),
    ]
    assert {entry["door"] for entry in told("role")[1:]} == {"admin"}


def test_an_account_that_begins_with_rights_is_told_and_a_customer_is_not() -> None:
    UserFactory.create()
    boss = UserFactory.create(is_superuser=True, is_staff=True)

    (entry,) = told("role")
    assert entry["object_id"] == boss.pk
    assert entry["after"] == {"is_staff": True, "is_staff_member": False, "is_superuser": True}


def test_roles_that_the_command_sets_are_one_entry_each() -> None:
    Group.objects.all().delete()
    before = AuditEntry.objects.count()

    call_command("sync_roles", stdout=StringIO())

    assert AuditEntry.objects.count() - before == 10  # five new groups, and what each may do


def test_a_customer_who_cancels_is_told_by_the_events(user: User, user_client: APIClient) -> None:
    order = waiting_order((ProductFactory.create(stock=5), 1), user=user)
    before = AuditEntry.objects.count()

    assert user_client.post(f"/api/v1/orders/{order.order_number}/cancel/").status_code == 200

    assert AuditEntry.objects.count() == before
