"""What the catalogue holds about a person is in their export."""

import pytest
from rest_framework.test import APIClient

from authentication.models import User
from tests.factories.products import ProductFactory, ReviewFactory

pytestmark = pytest.mark.django_db


def test_export_names_reviews(user: User, user_client: APIClient) -> None:
    ReviewFactory.create(product=ProductFactory.create(slug="boot"), user=user, rating=4, title="Good", comment="Dry.")
    ReviewFactory.create()

    (review,) = user_client.get("/api/v1/auth/me/export/").json()["reviews"]

    assert (review["slug"], review["rating"], review["title"], review["comment"]) == ("boot", 4, "Good", "Dry.")
