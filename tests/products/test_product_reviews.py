"""GET and POST products/{slug}/reviews/: everybody reads what is approved, customers write once."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from authentication.models import User
from common.models import OutboxEvent
from products.models import Product, ProductReview
from products.services import reviews
from tests.factories.authentication import UserFactory
from tests.factories.products import ProductFactory, ReviewFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/products/boot/reviews/"
BODY = {"rating": 4, "title": "Good", "comment": "Warm and dry."}


@pytest.fixture(autouse=True)
def boot(db: None) -> Product:
    return ProductFactory.create(slug="boot")


def test_a_review_waits_for_approval(user_client: APIClient, guest: APIClient, user: User, boot: Product) -> None:
    response = user_client.post(URL, BODY)

    body = response.json()
    assert response.status_code == 201
    assert body == {
        "id": body["id"],
        "rating": 4,
        "title": "Good",
        "comment": "Warm and dry.",
        "author": "Customer",
        "is_approved": False,
        "is_verified_purchase": False,
        "created_at": body["created_at"],
        "updated_at": body["updated_at"],
    }
    assert guest.get(URL).json()["results"] == []
    assert guest.get("/api/v1/products/boot/").json()["rating_count"] == 0
    event = OutboxEvent.objects.get(name="review.submitted")
    assert event.payload == {"review_id": body["id"], "product_id": boot.id, "user_id": user.id}


def test_a_second_review_of_a_product_is_refused(user_client: APIClient) -> None:
    answers = [user_client.post(URL, BODY) for _ in range(2)]

    assert [each.status_code for each in answers] == [201, 409]
    assert answers[1].json()["code"] == "already_reviewed"
    assert ProductReview.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"rating": 0}, "rating", "min_value"),
        ({"rating": 6}, "rating", "max_value"),
        ({"rating": "great"}, "rating", "invalid"),
        ({"comment": ""}, "comment", "blank"),
        ({"comment": "x" * 5_001}, "comment", "max_length"),
        ({"title": "x" * 256}, "title", "max_length"),
        ({"is_approved": True}, "is_approved", "unknown_field"),
        ({"is_verified_purchase": True}, "is_verified_purchase", "unknown_field"),
        ({"user": 1}, "user", "unknown_field"),
    ],
)
def test_bad_input_is_refused_by_name(user_client: APIClient, changes: dict[str, Any], field: str, code: str) -> None:
    response = user_client.post(URL, {**BODY, **changes})

    assert response.status_code == 400
    assert [(error["field"], error["code"]) for error in response.json()["errors"]] == [(field, code)]
    assert ProductReview.objects.count() == 0


def test_guests_cannot_review(guest: APIClient) -> None:
    assert guest.post(URL, BODY).status_code == 401


def test_the_list_pages_by_cursor_and_shows_no_addresses(guest: APIClient, boot: Product) -> None:
    for index in range(3):
        reviewer = UserFactory.create(first_name=f"R{index}")
        ReviewFactory.create(product=boot, user=reviewer, is_approved=True)
    ReviewFactory.create(product=boot)
    ReviewFactory.create(is_approved=True)

    first = guest.get(URL, {"page_size": 2})
    second = guest.get(first.json()["next"])

    shown = [each["author"] for page in (first, second) for each in page.json()["results"]]
    assert shown == ["R2", "R1", "R0"]
    assert set(first.json()) == {"next", "previous", "results"}
    assert b"@" not in first.content
    assert guest.get(URL, {"cursor": "nonsense"}).json()["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize("slug", ["hidden", "none"])
def test_reviews_of_what_is_not_offered_are_not_found(user_client: APIClient, slug: str) -> None:
    ProductFactory.create(slug="hidden", is_active=False)

    assert user_client.get(f"/api/v1/products/{slug}/reviews/").status_code == 404
    assert user_client.post(f"/api/v1/products/{slug}/reviews/", BODY).status_code == 404


def test_purchases_are_marked_as_verified_once(guest: APIClient, user: User, boot: Product) -> None:
    ReviewFactory.create(product=boot, user=user, is_approved=True)
    ReviewFactory.create(product=boot, is_approved=True)

    marked = [reviews.mark_verified(user_id=user.id, product_ids=[boot.id]) for _ in range(2)]

    assert marked == [1, 0]
    assert [each["is_verified_purchase"] for each in guest.get(URL).json()["results"]] == [False, True]
