"""What analytics holds about a person is exported, and goes when they are erased."""

import pytest
from rest_framework.test import APIClient

from analytics.models import ProductView
from authentication.models import User
from authentication.services import privacy
from common import outbox
from tests.analytics.conftest import at
from tests.factories.analytics import viewed
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db

PERSONAL = ("user", "ip_address", "user_agent", "referrer")


def test_export_names_views(user: User, user_client: APIClient) -> None:
    view = viewed(ProductFactory.create(slug="lamp"), at=at(3, 1), session_id="a")
    ProductView.objects.filter(id=view.id).update(user=user, referrer="https://a.example/", ip_address="10.0.0.1")

    exported = user_client.get("/api/v1/auth/me/export/").json()

    assert exported["product_views"] == [
        {
            "slug": "lamp",
            "viewed_at": "2026-03-01T12:00:00+00:00",
            "ip_address": "10.0.0.1",
            "user_agent": None,
            "referrer": "https://a.example/",
        }
    ]


def test_erased_person_is_on_no_view_and_still_one_visitor(user: User) -> None:
    lamp = ProductFactory.create()
    signed_in = viewed(lamp, at=at(3, 1), session_id="theirs")
    before = viewed(lamp, at=at(3, 1), session_id="theirs")
    other = viewed(lamp, at=at(3, 1), session_id="other")
    ProductView.objects.update(ip_address="10.0.0.1", user_agent="Firefox", referrer="https://a.example/")
    ProductView.objects.filter(id=signed_in.id).update(user=user)

    privacy.erase_account(user_id=user.id)
    outbox.relay()

    for view in ProductView.objects.filter(id__in=[signed_in.id, before.id]):
        assert [getattr(view, field) for field in PERSONAL] == [None] * 4
        assert view.session_id != "theirs"
    other.refresh_from_db()
    assert (other.session_id, other.ip_address) == ("other", "10.0.0.1")
    assert ProductView.objects.visitor_count() == 2
