"""GET audit/: one trail of the audit's entries and the ledgers, page by page."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from authentication.models import User
from authentication.roles import ROLES
from common.audit.context import Door, working
from common.models import AuditEntry
from orders.models import OrderEvent
from products.models import Product, StockMovement
from products.services import stock
from products.services.stock import StockKey
from tests.conftest import ApiClientFor
from tests.factories.authentication import UserFactory, staff_user
from tests.factories.payments import waiting_order
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/audit/"


@pytest.fixture
def reader(client_for: ApiClientFor) -> APIClient:
    return client_for(staff_user("common.view_auditentry"))


@pytest.fixture
def product(user: User) -> Product:
    """One whose price, stock and order all moved."""
    product = ProductFactory.create(stock=5)
    with working(Door.ADMIN, origin="a page", actor_id=user.pk):
        Product.objects.filter(pk=product.pk).update(price="77.00")
        stock.adjust(key=StockKey(product.pk, None), delta=2, note="Found", actor=user)
    waiting_order((product, 1), user=user)
    return product


def lines(client: APIClient, **params: Any) -> list[dict[str, Any]]:
    answer = client.get(URL, params)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def test_one_trail_of_all_ledgers(reader: APIClient, product: Product, user: User) -> None:
    found = lines(reader)

    assert {line["source"] for line in found} == {"audit", "stock", "order"}
    assert len(found) == AuditEntry.objects.count() + StockMovement.objects.count() + OrderEvent.objects.count()
    (price,) = [line for line in found if line["kind"] == "price"]
    assert price["object"] == {"type": "products.product", "id": product.pk}
    assert (price["after"], price["door"], price["actor"]) == ({"price": "77.00"}, "admin", user.pk)
    assert [line["at"] for line in found] == sorted((line["at"] for line in found), reverse=True)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"kind": "price"}, {("audit", "price")}),
        ({"kind": "order"}, {("order", "order")}),
        ({"kind": "refund"}, set()),
        ({"door": "admin"}, {("audit", "price"), ("audit", "stock")}),
        ({"door": "storefront"}, {("stock", "stock")}),
        ({"door": "command"}, set()),
        ({"request_id": "none"}, set()),
        ({"since": "2200-01-01T00:00:00Z"}, set()),
        ({"until": "2000-01-01T00:00:00Z"}, set()),
        ({"object": "orders.coupon:1"}, set()),
    ],
)
@pytest.mark.usefixtures("product")
def test_filters(reader: APIClient, params: dict[str, str], expected: set[tuple[str, str]]) -> None:
    assert {(line["source"], line["kind"]) for line in lines(reader, **params) if line["kind"] != "role"} == expected


def test_by_thing_and_by_person(reader: APIClient, product: Product, user: User) -> None:
    other = ProductFactory.create(stock=1)

    of_product = lines(reader, object=f"products.product:{product.pk}")
    assert {line["object"]["id"] for line in of_product} == {product.pk}
    assert {line["source"] for line in of_product} == {"audit", "stock"}
    assert {line["kind"] for line in lines(reader, object=f"products.product:{other.pk}")} == {"stock"}
    assert {line["actor"] for line in lines(reader, actor=user.pk)} == {user.pk}


def test_every_page_goes_on_where_the_last_one_ended(reader: APIClient, product: Product) -> None:
    """Though a row that was written late bears an early time."""
    late = AuditEntry.objects.create(
        kind="price",
        object_type="products.product",
        object_id=product.pk,
        after={},
        door="sql",
        origin="",
        request_id="",
        at=timezone.now() - timedelta(days=1),
    )
    Product.objects.filter(pk=product.pk).update(price="78.00")
    whole = [(line["source"], line["id"]) for line in lines(reader, page_size=100)]

    seen: list[tuple[str, int]] = []
    address = f"{URL}?page_size=2"
    while address:
        body = reader.get(address).json()
        seen.extend((line["source"], line["id"]) for line in body["results"])
        address = body["next"]

    assert sorted(seen) == sorted(whole)
    assert len(set(seen)) == len(seen)
    assert ("audit", late.pk) in seen


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cursor", "nonsense"),
        ("cursor", "W10="),
        ("cursor", "eyJhdWRpdCI6ICJ4In0="),
        ("cursor", "é"),
        ("page_size", "0"),
        ("page_size", "101"),
        ("actor", "me"),
        ("actor", str(2**63)),
        ("door", "window"),
        ("kind", "weather"),
        ("object", "products.product"),
        ("request_id", "a b"),
        ("since", "yesterday"),
        ("colour", "red"),
    ],
)
def test_bad_parameters_are_named(reader: APIClient, name: str, value: str) -> None:
    answer = reader.get(URL, {name: value})

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [name]


def test_owners_read_it_and_other_roles_do_not(client_for: ApiClientFor) -> None:
    assert {name for name, rights in ROLES.items() if "common.view_auditentry" in rights} == {"Owner"}
    assert client_for(staff_user("products.view_product")).get(URL).status_code == 403


@pytest.mark.parametrize("model", ["products.product", "orders.order", "authentication.user"])
def test_the_admin_leads_from_a_thing_to_its_entries(client: Client, model: str, product: Product, user: User) -> None:
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    thing = {"products.product": product, "orders.order": user.orders.get(), "authentication.user": user}[model]
    name = model.replace(".", "_")

    page = client.get(reverse(f"admin:{name}_change", args=[thing.pk]))
    action = reverse(f"admin:{name}_read_audit", args=[thing.pk])
    assert action in page.content.decode()
    listed = client.get(client.get(action)["Location"])

    assert listed.status_code == 200
    shown = {(entry.object_type, entry.object_id) for entry in listed.context["cl"].result_list}
    assert shown <= {(model, thing.pk)}
    assert bool(shown) == (model == "products.product")


def test_the_admin_shows_an_entry_and_lets_nobody_write(client: Client, product: Product) -> None:
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    entry = AuditEntry.objects.get(kind="price", object_id=product.pk)

    page = client.get(reverse("admin:common_auditentry_change", args=[entry.pk])).content.decode()

    assert "77.00" in page
    assert 'name="_save"' not in page
    assert client.get(reverse("admin:common_auditentry_add")).status_code == 403
    filtered = client.get(
        reverse("admin:common_auditentry_changelist"), {"door__exact": "admin", "kind__exact": "price"}
    )
    assert [row.pk for row in filtered.context["cl"].result_list] == [entry.pk]
