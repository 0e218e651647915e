"""POST analytics/product-views/: what is taken, what is refused, and what of it is counted."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from analytics.models import ProductView
from analytics.services.view_buffer import buffer
from authentication.models import User
from products.models import Product
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db

VISITOR = "0b9f4c52-6f3d-4d4e-9a3c-0d5f0e8a7b11"
ADDRESS = "/api/v1/analytics/product-views/"


@pytest.fixture
def product() -> Product:
    return ProductFactory.create(slug="linen-shirt")


def tell(client: APIClient, body: Any, **headers: str | None) -> Any:
    """Tell of a view and have what waits written; headers without a value are left out."""
    sent = {"X-Visitor-ID": VISITOR, **headers}
    response = client.post(ADDRESS, body, headers={name: value for name, value in sent.items() if value is not None})
    buffer.flush()
    return response


def test_guest_by_slug(guest: APIClient, product: Product) -> None:
    referrer = "https://search.example/?q=shirt"

    response = tell(guest, {"product": "linen-shirt", "referrer": referrer}, **{"User-Agent": "Mozilla/5.0 Firefox"})

    assert response.status_code == 202
    view = ProductView.objects.get()
    assert view.product == product
    assert view.user is None
    assert view.session_id == hashlib.sha256(VISITOR.encode()).hexdigest()
    assert view.ip_address == "127.0.0.1"
    assert view.user_agent == "Mozilla/5.0 Firefox"
    assert view.referrer == referrer
    assert view.viewed_at is not None


@pytest.mark.parametrize("as_text", [False, True])
def test_product_by_id(guest: APIClient, product: Product, as_text: bool) -> None:
    assert tell(guest, {"product": str(product.id) if as_text else product.id}).status_code == 202

    assert ProductView.objects.get().product == product


def test_slug_wins_over_an_id_that_reads_the_same(guest: APIClient, product: Product) -> None:
    numeric = ProductFactory.create(slug=str(product.id))

    tell(guest, {"product": str(product.id)})

    assert ProductView.objects.get().product == numeric


def test_user_is_noted(user_client: APIClient, user: User, product: Product) -> None:
    assert tell(user_client, {"product": product.slug}).status_code == 202

    assert ProductView.objects.get().user == user


def test_case_of_the_visitor_id_does_not_matter(guest: APIClient, product: Product) -> None:
    tell(guest, {"product": product.slug})
    tell(guest, {"product": ProductFactory.create().slug}, **{"X-Visitor-ID": VISITOR.upper()})

    assert ProductView.objects.count() == 2
    assert ProductView.objects.visitor_count() == 1


def test_visitor_id_may_be_missing(guest: APIClient, product: Product) -> None:
    assert guest.post(ADDRESS, {"product": product.slug}).status_code == 202
    buffer.flush()

    assert ProductView.objects.get().session_id is None


@pytest.mark.parametrize("visitor", ["", "me", "0b9f4c526f3d4d4e9a3c0d5f0e8a7b11", "{" + VISITOR + "}", "é" * 36])
def test_bad_visitor_id_is_refused(guest: APIClient, product: Product, visitor: str) -> None:
    response = tell(guest, {"product": product.slug}, **{"X-Visitor-ID": visitor})

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "X-Visitor-ID"
    assert ProductView.objects.count() == 0


@pytest.mark.parametrize("unknown", ["no-such-product", 999_999_999, 2**63 - 1, "9" * 40])
def test_unknown_product_is_taken_and_not_counted(guest: APIClient, product: Product, unknown: object) -> None:
    guest.post(ADDRESS, {"product": product.slug})

    assert tell(guest, {"product": unknown}).status_code == 202

    assert ProductView.objects.get().product == product


def test_draft_looks_like_what_does_not_exist(guest: APIClient) -> None:
    ProductFactory.create(slug="draft", is_active=False)

    assert tell(guest, {"product": "draft"}).status_code == 202

    assert ProductView.objects.count() == 0


def test_view_counts_by_what_is_on_offer_when_it_is_written(guest: APIClient, product: Product) -> None:
    guest.post(ADDRESS, {"product": product.slug})
    product.delete()

    buffer.flush()

    assert ProductView.objects.count() == 0


@pytest.mark.parametrize(
    "product",
    [None, True, 0, -1, 2**63, 1.5, "", "a" * 281, "nul\x00", ["linen-shirt"], {"id": 1}],
)
def test_what_is_no_product_is_refused(guest: APIClient, product: object) -> None:
    response = tell(guest, {"product": product})

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == ["product"]


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ({"viewed_at": "2020-01-01"}, "unknown_field"),
        ({"referrer": 5 * ["x"]}, "invalid"),
        ({"referrer": "x" * 2_001}, "max_length"),
        ({"referrer": "nul\x00"}, "null_characters_not_allowed"),
    ],
)
def test_bad_input_is_refused(guest: APIClient, product: Product, extra: dict[str, object], code: str) -> None:
    response = tell(guest, {"product": product.slug, **extra})

    assert response.status_code == 400
    assert [error["code"] for error in response.json()["errors"]] == [code]
    assert ProductView.objects.count() == 0


def test_long_referrer_and_agent_are_cut(guest: APIClient, product: Product) -> None:
    body = {"product": product.slug, "referrer": "https://a.example/" + "x" * 1_000}

    assert tell(guest, body, **{"User-Agent": "Mozilla " * 1_000}).status_code == 202

    view = ProductView.objects.get()
    assert len(view.referrer or "") == 255
    assert len(view.user_agent or "") == 500


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0)",
        "Mozilla/5.0 HeadlessChrome/120.0",
        "facebookexternalhit/1.1",
        "python-requests/2.32",
    ],
)
def test_robot_gets_the_same_answer_and_is_not_counted(guest: APIClient, product: Product, agent: str) -> None:
    assert tell(guest, {"product": product.slug}, **{"User-Agent": agent}).status_code == 202

    assert ProductView.objects.count() == 0


def test_idempotency_key_is_not_honoured(guest: APIClient, product: Product) -> None:
    for reference in (product.slug, ProductFactory.create().slug):
        assert tell(guest, {"product": reference}, **{"Idempotency-Key": "k"}).status_code == 202

    assert ProductView.objects.count() == 2


@pytest.mark.parametrize("visitor", [VISITOR, None])
def test_repeat_is_not_counted(user_client: APIClient, product: Product, visitor: str | None) -> None:
    for _ in range(2):  # once in a batch with its repeat, once after it
        user_client.post(ADDRESS, {"product": product.slug}, headers={"X-Visitor-ID": visitor} if visitor else {})
        assert tell(user_client, {"product": product.id}, **{"X-Visitor-ID": visitor}).status_code == 202

    assert ProductView.objects.count() == 1


def test_who_is_unknown_repeats_nothing(guest: APIClient, product: Product) -> None:
    for _ in range(2):
        guest.post(ADDRESS, {"product": product.slug})
        guest.post(ADDRESS, {"product": product.slug})
        buffer.flush()

    assert ProductView.objects.count() == 4


def test_visitors_and_products_are_told_apart(guest: APIClient, product: Product) -> None:
    other, another_visitor = ProductFactory.create(), VISITOR.replace("0", "1")
    for reference, visitor in ((product.id, VISITOR), (other.id, VISITOR), (product.id, another_visitor)):
        guest.post(ADDRESS, {"product": reference}, headers={"X-Visitor-ID": visitor})
    buffer.flush()

    assert ProductView.objects.count() == 3


@pytest.mark.parametrize(("seconds_ago", "counted"), [(59, 1), (61, 2)])
def test_view_counts_again_once_the_window_has_passed(
    guest: APIClient, product: Product, settings: Settings, seconds_ago: int, counted: int
) -> None:
    settings.VIEW_REPEAT_SECONDS = 60
    tell(guest, {"product": product.slug})
    ProductView.objects.update(viewed_at=ProductView.objects.get().viewed_at - timedelta(seconds=seconds_ago))

    tell(guest, {"product": product.slug})

    assert ProductView.objects.count() == counted


def test_telling_costs_a_guest_no_statement(
    guest: APIClient, product: Product, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert guest.post(ADDRESS, {"product": product.slug}, headers={"X-Visitor-ID": VISITOR}).status_code == 202
    assert len(buffer) == 1


def test_batch_of_guests_is_two_statements(
    guest: APIClient, product: Product, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(20):
        guest.post(ADDRESS, {"product": product.slug})

    with django_assert_num_queries(4):  # a savepoint around the lock and the INSERT
        buffer.flush()

    assert ProductView.objects.count() == 20


def test_full_buffer_refuses_until_it_is_written(guest: APIClient, product: Product, settings: Settings) -> None:
    settings.VIEW_BUFFER_SIZE = 2
    answers = [guest.post(ADDRESS, {"product": product.slug}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [202, 202, 503]
    assert answers[2].json()["code"] == "too_many_views"
    assert answers[2].headers["Retry-After"] == "5"

    buffer.flush()

    assert tell(guest, {"product": product.slug}).status_code == 202
    assert ProductView.objects.count() == 3


def test_query_parameter_is_refused(guest: APIClient, product: Product) -> None:
    response = guest.post(f"{ADDRESS}?page=1", {"product": product.slug})

    assert response.status_code == 400
    assert response.json()["code"] == "unknown_field"
