"""GET reviews/, POST reviews/{id}/approve/ and reject/: staff judge what is shown."""

import pytest
from rest_framework.test import APIClient

from common.models import OutboxEvent
from products.models import ProductListing
from tests.factories.products import ProductFactory, ReviewFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/reviews/"


def rating(product_id: int) -> tuple[str, int]:
    listing = ProductListing.objects.get(product_id=product_id)
    return str(listing.rating_average), listing.rating_count


def test_approved_reviews_make_the_rating(clerk: APIClient) -> None:
    product = ProductFactory.create()
    ids = [ReviewFactory.create(product=product, rating=stars).id for stars in (5, 4, 4)]

    answers = [clerk.post(f"{URL}{review_id}/approve/") for review_id in ids]

    assert [(each.status_code, each.json()["is_approved"]) for each in answers] == [(200, True)] * 3
    assert rating(product.id) == ("4.33", 3)
    rejected = clerk.post(f"{URL}{ids[0]}/reject/")
    assert (rejected.status_code, rejected.json()["is_approved"]) == (200, False)
    assert rating(product.id) == ("4.00", 2)


def test_judging_twice_changes_nothing(clerk: APIClient) -> None:
    review = ReviewFactory.create()

    first, second = (clerk.post(f"{URL}{review.id}/approve/").json() for _ in range(2))

    assert first["moderated_at"] == second["moderated_at"]
    assert OutboxEvent.objects.filter(name="review.approved").count() == 1


def test_staff_see_all_reviews_by_status(clerk: APIClient) -> None:
    waiting, approved, rejected = (ReviewFactory.create().id for _ in range(3))
    clerk.post(f"{URL}{approved}/approve/")
    clerk.post(f"{URL}{rejected}/reject/")

    def shown(**params: str) -> list[int]:
        return [each["id"] for each in clerk.get(URL, params).json()["results"]]

    assert shown() == [rejected, approved, waiting]
    assert shown(status="waiting") == [waiting]
    assert shown(status="approved") == [approved]
    assert shown(status="rejected") == [rejected]
    assert clerk.get(URL, {"status": "lost"}).json()["errors"][0]["field"] == "status"


def test_staff_see_who_wrote_about_what(clerk: APIClient) -> None:
    review = ReviewFactory.create(product=ProductFactory.create(slug="boot", name="Boot"))
    ReviewFactory.create()

    body = clerk.get(URL, {"product": "boot"}).json()["results"]

    assert [each["id"] for each in body] == [review.id]
    assert body[0]["product"] == {"id": review.product_id, "slug": "boot", "name": "Boot"}
    assert body[0]["email"] == review.user.email


def test_a_review_that_is_not_there_is_not_found(clerk: APIClient) -> None:
    assert clerk.post(f"{URL}999/approve/").status_code == 404
    assert clerk.post(f"{URL}{10**20}/approve/").status_code == 404
