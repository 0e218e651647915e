"""Bodies are kept by version: whatever is shown and however it changes, the next read follows at once."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import redis
from django.core.cache import cache
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from authentication.models import User
from common import kept
from products.api.serializers.products import (
    ProductDetailSerializer,
    ProductSerializer,
    StaffProductDetailSerializer,
    StaffProductSerializer,
)
from products.models import (
    CatalogueChange,
    CatalogueState,
    Category,
    PictureFile,
    Product,
    ProductImage,
    ProductReview,
    ProductVariation,
)
from products.querysets.marks import MEMBERSHIP_MARK, TREE_MARK
from products.services import catalogue_state, reviews, stock
from products.services.stock import StockKey
from tests.conftest import ApiClientFor
from tests.factories.authentication import UserFactory
from tests.factories.products import CategoryFactory, ImageFactory, ProductFactory, ReviewFactory, VariationFactory

# Nothing is kept in a transaction, and what is kept is what is to be seen here.
pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/api/v1/products/"


@pytest.fixture
def staff(client_for: ApiClientFor) -> APIClient:
    return client_for(UserFactory.create(is_superuser=True, is_staff=True, is_staff_member=True))


@pytest.fixture
def product() -> Product:
    """A product with one of everything that its bodies show."""
    category = CategoryFactory.create(name="Boots", slug="boots")
    product = ProductFactory.create(
        name="Boot", slug="boot", stock=0, categories=[category], compare_price=Decimal("12.00"), weight=Decimal(1)
    )
    VariationFactory.create(product=product, value="40", stock=3)
    image = ImageFactory.create(product=product, alt_text="A boot")
    PictureFile.objects.filter(name=image.image.name).update(width=10, height=20, renditions=[])
    review = ReviewFactory.create(product=product)
    reviews.approve_review(review_id=review.id)
    return Product.objects.get(id=product.id)


def shown(client: APIClient) -> tuple[Any, Any]:
    """The product in the list, and its own page."""
    return client.get(LIST).json()["results"][0], client.get(f"{LIST}{Product.objects.get().slug}/").json()


def made_now(*serializers: Any) -> tuple[Any, ...]:
    """What the serializers say of the product as it is now."""
    rows = (Product.objects.for_list().get(), Product.objects.for_detail().get())
    return tuple(each(row).data for each, row in zip(serializers, rows, strict=True))


def assert_shown_as_it_is(guest: APIClient, staff: APIClient) -> None:
    assert shown(guest) == made_now(ProductSerializer, ProductDetailSerializer)
    assert shown(staff) == made_now(StaffProductSerializer, StaffProductDetailSerializer)


# What to set each shown column to, by bare SQL: who writes past all code is followed as well.
COLUMNS = {
    "products_product": {
        "name": "'Shoe'",
        "slug": "'shoe'",
        "sku": "'S-9'",
        "price": "9.50",
        "compare_price": "11.00",
        "description": "'Better.'",
        "weight": "2.5",
        "is_discontinued": "true",
        "cost_price": "3.25",
        "low_stock_threshold": "4",
        "tax_class": "'food'",
        "barcode": "'4006381333931'",
        "unpublish_at": "now() + interval '1 day'",
        "updated_at": "now() - interval '1 day'",
        "created_at": "now() - interval '1 day'",
    },
    "products_productvariation": {
        "name": "'Width'",
        "value": "'41'",
        "sku": "'V-9'",
        "price_adjustment": "2.00",
        "stock_quantity": "0",
        "is_active": "false",
        "barcode": "'4006381333931'",
    },
    "products_productimage": {"image": "'products/other.webp'", "alt_text": "'Another'", "is_featured": "true"},
    "products_picturefile": {"width": "11", "height": "21", "renditions": "'[]'::jsonb || '[]'::jsonb"},
    "products_category": {"name": "'Footwear'", "slug": "'footwear'"},
    "products_productreview": {"rating": "1", "is_approved": "false"},
}


@pytest.mark.parametrize(("table", "column"), [(table, column) for table, of in COLUMNS.items() for column in of])
@pytest.mark.bare_rows  # a level that is written past the ledger is a breach, and right so
def test_every_shown_column_written_by_sql_is_seen_at_once(
    guest: APIClient, staff: APIClient, product: Product, table: str, column: str
) -> None:
    before = shown(guest), shown(staff)
    assert before == (shown(guest), shown(staff))

    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = {COLUMNS[table][column]}")
        assert cursor.rowcount == 1

    assert_shown_as_it_is(guest, staff)
    if column != "renditions":
        assert (shown(guest), shown(staff)) != before


def test_every_column_that_a_body_reads_is_tried_above() -> None:
    """A new column of these tables has to be added to COLUMNS, or to those that no body shows."""
    unseen = {
        "products_product": {"id", "is_active", "publish_at", "stock_quantity"},  # see the tests below
        "products_productvariation": {"id", "product_id"},
        "products_productimage": {"id", "product_id", "order", "created_at"},
        "products_picturefile": {"id", "name", "state", "attempts", "error"},
        "products_category": {"id", "description", "parent_id", "image", "version", "created_at", "updated_at"},
        "products_productreview": {"id", "product_id", "user_id", "title", "comment", "is_verified_purchase"},
    }
    with connection.cursor() as cursor:
        for table, tried in COLUMNS.items():
            columns = {column.name for column in connection.introspection.get_table_description(cursor, table)}
            left = columns - tried.keys() - unseen[table]
            assert not {each for each in left if not each.endswith("_at")}, (table, left)


def _restock_by_api(product: Product, staff: APIClient) -> None:
    variation = ProductVariation.objects.get().id
    body = {"variation": variation, "delta": 5, "reason": "correction"}
    assert staff.post("/api/v1/inventory/adjustments/", body).status_code == 201


def _change_by_api(product: Product, staff: APIClient) -> None:
    assert staff.patch(f"{LIST}boot/", {"price": "8.00"}).status_code == 200


def _rename_category_by_api(product: Product, staff: APIClient) -> None:
    assert staff.patch("/api/v1/categories/boots/", {"name": "Footwear"}).status_code == 200


def _feature_by_api(product: Product, staff: APIClient) -> None:
    image = ProductImage.objects.get().id
    assert staff.patch(f"{LIST}boot/images/{image}/", {"alt_text": "New"}).status_code == 200


def _reject_by_api(product: Product, staff: APIClient) -> None:
    assert staff.post(f"/api/v1/reviews/{ProductReview.objects.get().id}/reject/").status_code == 200


def _add_variation(product: Product, staff: APIClient) -> None:
    VariationFactory.create(product=product)


def _drop_variation(product: Product, staff: APIClient) -> None:
    assert staff.delete(f"{LIST}boot/variations/{ProductVariation.objects.get().id}/").status_code == 204


def _add_image(product: Product, staff: APIClient) -> None:
    ImageFactory.create(product=product, is_featured=True)


def _drop_image(product: Product, staff: APIClient) -> None:
    ProductImage.objects.all().delete()


def _add_category(product: Product, staff: APIClient) -> None:
    product.categories.add(CategoryFactory.create())


def _drop_category(product: Product, staff: APIClient) -> None:
    Category.objects.all().delete()


def _add_review(product: Product, staff: APIClient) -> None:
    reviews.approve_review(review_id=ReviewFactory.create(product=product, rating=1).id)


CHANGES = [value for name, value in sorted(globals().items()) if name.startswith("_") and callable(value)]
CHANGES = [each for each in CHANGES if getattr(each, "__module__", "") == __name__]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
def test_every_door_is_followed_at_once(
    guest: APIClient, staff: APIClient, product: Product, change: Callable[[Product, APIClient], None]
) -> None:
    before = shown(guest), shown(staff)

    change(product, staff)

    assert_shown_as_it_is(guest, staff)
    assert (shown(guest), shown(staff)) != before


@pytest.mark.bare_rows  # the movement names an order that is none
def test_a_sale_is_followed_at_once(guest: APIClient, staff: APIClient, product: Product) -> None:
    shown(guest), shown(staff)
    with transaction.atomic():
        stock.take(demand={StockKey(product.id, ProductVariation.objects.get().id): 3}, order_number="TEST")

    assert_shown_as_it_is(guest, staff)
    assert shown(guest)[0]["in_stock"] is False


def test_a_product_taken_off_is_gone_at_once_and_comes_back(guest: APIClient, product: Product) -> None:
    assert guest.get(LIST).json()["count"] == 1
    Product.objects.update(is_active=False)
    assert guest.get(LIST).json() == {"count": 0, "next": None, "previous": None, "results": []}
    assert guest.get(f"{LIST}boot/").status_code == 404
    Product.objects.update(is_active=True)
    assert guest.get(LIST).json()["count"] == 1


def test_counts_follow_what_is_offered_where(guest: APIClient, product: Product) -> None:
    def counted(query: str) -> int:
        answer = guest.get(f"{LIST}?{query}")
        return int(answer.json()["count"]) if answer.status_code == 200 else -1

    assert [counted(""), counted("category=boots")] == [1, 1] == [counted(""), counted("category=boots")]
    other = ProductFactory.create()
    assert [counted(""), counted("category=boots")] == [2, 1]
    child = CategoryFactory.create(slug="child", parent=Category.objects.get(slug="boots"))
    other.categories.add(child)
    assert [counted(""), counted("category=boots"), counted("category=child")] == [2, 2, 1]
    Category.objects.filter(slug="child").update(parent=None)
    assert [counted("category=boots"), counted("category=child")] == [1, 1]
    Category.objects.filter(slug="child").delete()
    assert [counted("category=boots"), counted("category=child")] == [1, -1]
    other.delete()
    assert [counted(""), counted("category=boots")] == [1, 1]


def test_a_kept_page_costs_one_statement_and_no_body_is_made(guest: APIClient, product: Product) -> None:
    guest.get(LIST), guest.get(f"{LIST}boot/")
    for address in (LIST, f"{LIST}boot/", f"{LIST}?category=boots"):
        guest.get(address)
        with CaptureQueriesContext(connection) as statements:
            answer = guest.get(address)
        assert (answer.status_code, len(statements)) == (200, 1), [each["sql"] for each in statements]


def test_a_known_address_is_answered_as_an_unknown_one_was(guest: APIClient, product: Product) -> None:
    for number in range(30):
        ProductFactory.create(name=f"Shoe {number}")
    for address in (LIST, f"{LIST}?page=2", f"{LIST}?ordering=price&page_size=3&page=2", f"{LIST}boot/"):
        first, again = guest.get(address), guest.get(address)
        assert first.content == again.content
        differing = {"X-Request-ID", "Allow"}
        assert {k: v for k, v in first.headers.items() if k not in differing} == {
            k: v for k, v in again.headers.items() if k not in differing
        }


def test_what_a_client_has_is_answered_without_a_body(guest: APIClient, staff: APIClient, product: Product) -> None:
    for client in (guest, staff):
        for address in (LIST, f"{LIST}boot/"):
            etag = client.get(address).headers["ETag"]
            for offered in (etag, f"W/{etag}", f'"other", {etag}', "*"):
                answer = client.get(address, headers={"If-None-Match": offered})
                assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", etag)


def test_a_change_ends_what_a_client_has(guest: APIClient, product: Product) -> None:
    etags = {address: guest.get(address).headers["ETag"] for address in (LIST, f"{LIST}boot/")}
    Product.objects.update(price=Decimal(1))
    for address, etag in etags.items():
        assert guest.get(address, headers={"If-None-Match": etag}).status_code == 200


def test_staff_and_guests_never_get_each_others_bodies(guest: APIClient, staff: APIClient, product: Product) -> None:
    for _ in range(2):
        assert "cost_price" in staff.get(f"{LIST}boot/").json()
        assert "cost_price" in staff.get(LIST).json()["results"][0]
        assert "cost_price" not in guest.get(f"{LIST}boot/").json()
        assert "cost_price" not in guest.get(LIST).json()["results"][0]


def test_a_customers_answers_are_private(product: Product, client_for: ApiClientFor, guest: APIClient) -> None:
    customer: User = UserFactory.create()
    guest.get(LIST), guest.get(f"{LIST}boot/")
    for address in (LIST, f"{LIST}boot/"):
        assert client_for(customer).get(address).headers["Cache-Control"] == "private, no-cache"
        assert guest.get(address).headers["Cache-Control"].startswith("public")


def test_nothing_is_kept_of_what_is_not_committed(guest: APIClient, product: Product) -> None:
    """A transaction that is rolled back leaves nothing behind, even if it read what it wrote."""
    with transaction.atomic():
        Product.objects.update(name="Never")
        assert guest.get(f"{LIST}boot/").json()["name"] == "Never"
        transaction.set_rollback(True)
    assert guest.get(f"{LIST}boot/").json()["name"] == "Boot"


@pytest.fixture
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The cache refuses connections, and the process has forgotten what it had."""
    closed = redis.Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.1)
    monkeypatch.setattr(kept._shared, "_client", closed)
    monkeypatch.setattr(kept._shared, "_closed_until", 0.0)
    kept.forget_process_memory()
    yield
    kept.forget_process_memory()


@pytest.mark.usefixtures("_no_cache")
def test_without_the_cache_answers_are_the_same(guest: APIClient, product: Product) -> None:
    for _ in range(2):
        assert shown(guest) == made_now(ProductSerializer, ProductDetailSerializer)
        kept.forget_process_memory()


def test_another_process_finds_what_this_one_made(guest: APIClient, product: Product) -> None:
    guest.get(f"{LIST}boot/")
    kept.forget_process_memory()
    with CaptureQueriesContext(connection) as statements:
        guest.get(f"{LIST}boot/")
    assert len(statements) == 1


def test_the_cache_keeps_a_body_as_long_again_as_its_version_has_lasted(guest: APIClient, product: Product) -> None:
    def seconds_left() -> int:
        guest.get(f"{LIST}boot/")
        [key] = kept._shared._client.keys("*page:*")
        return int(kept._shared._client.ttl(key))

    assert seconds_left() in range(55, 61)
    for lasted, expected in (("20 minutes", 1_200), ("1 year", 86_400)):
        cache.clear()
        kept.forget_process_memory()
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE products_productlisting SET version = extract(epoch FROM now() - %s::interval) * 1000000",
                [lasted],
            )
        assert seconds_left() in range(expected - 5, expected + 1)


def test_folding_changes_no_mark(product: Product) -> None:
    def marks() -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {TREE_MARK}, {MEMBERSHIP_MARK}")
            return list(cursor.fetchone())

    seen = [marks()]
    for _ in range(3):
        ProductFactory.create(categories=[CategoryFactory.create()])
        before = marks()
        catalogue_state.fold_changes()
        assert (marks(), CatalogueChange.objects.count(), CatalogueState.objects.count()) == (before, 0, 1)
        seen.append(before)
    assert len({tuple(each) for each in seen}) == len(seen)
