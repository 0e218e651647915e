"""What analytics holds about a person is exported, and goes when they are erased."""

import threading

import pytest
from django.db import connection, transaction
from rest_framework.test import APIClient

from analytics import privacy as views_privacy
from analytics.models import ProductView
from analytics.services.product_views import told_view, write_views
from analytics.services.view_buffer import buffer
from authentication.models import User
from authentication.services import privacy, sessions
from authentication.tokens import SessionClaim
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


def test_view_that_waits_while_the_person_is_erased_is_never_written(user: User, user_client: APIClient) -> None:
    lamp = ProductFactory.create(slug="lamp")
    user_client.post("/api/v1/analytics/product-views/", {"product": "lamp"})
    assert len(buffer) == 1

    privacy.erase_account(user_id=user.id)
    outbox.relay()
    buffer.flush()

    assert len(buffer) == 0
    assert ProductView.objects.filter(product=lamp).count() == 0


def test_view_of_a_session_that_has_ended_is_not_written(user: User, user_client: APIClient) -> None:
    ProductFactory.create(slug="lamp")
    user_client.post("/api/v1/analytics/product-views/", {"product": "lamp"})

    sessions.end_all_sessions(user_id=user.id)
    buffer.flush()

    assert ProductView.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_batch_that_is_being_written_while_the_person_is_erased_is_forgotten_too(user: User) -> None:
    lamp = ProductFactory.create()
    claim = SessionClaim(user.pk, user.session_stamp())
    view = told_view(product=lamp.id, claim=claim, session="s", address="192.0.2.1", agent="Fox", referrer="")
    is_written, may_commit = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            write_views([view])
            is_written.set()
            may_commit.wait(30)
        connection.close()

    def forget() -> None:
        views_privacy.forget(user_id=user.pk)
        connection.close()

    writing, forgetting = threading.Thread(target=write), threading.Thread(target=forget)
    writing.start()
    assert is_written.wait(30)
    privacy.erase_account(user_id=user.pk)
    forgetting.start()
    forgetting.join(0.3)
    assert forgetting.is_alive()
    may_commit.set()
    writing.join(30)
    forgetting.join(30)

    [row] = ProductView.objects.all()
    assert [getattr(row, field) for field in PERSONAL] == [None] * 4
