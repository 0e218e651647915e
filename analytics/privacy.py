"""What analytics holds about a person: in their export, and gone when they are erased."""

from typing import Any

from django.db import transaction
from django.db.models import F

from analytics.models import ProductView
from analytics.services import product_views
from common import outbox
from common.locking import advisory_lock
from common.outbox import Event
from common.registry import privacy_exporters
from common.tokens import hash_token, make_token

VIEW = ("viewed_at", "ip_address", "user_agent", "referrer")


def register() -> None:
    """Take part in exports, and hear of erasures."""
    privacy_exporters.register("product_views", views_of)
    outbox.subscribe("user.erased", "analytics.forget", on_user_erased)


def views_of(user_id: int) -> list[dict[str, Any]]:
    """The products that the person looked at while signed in, oldest first."""
    return list(ProductView.objects.filter(user=user_id).order_by("id").values(*VIEW, slug=F("product__slug")))


def on_user_erased(event: Event) -> None:
    """The person goes, from the views before they signed in as well; the views stay, as those of somebody unknown."""
    forget(user_id=int(event.payload["user_id"]))


@transaction.atomic
def forget(*, user_id: int) -> None:
    """Take user, address, agent and referrer off the views of the person and of the browsers that they signed in with.

    The views keep one made-up visitor in common, so that visitors are counted as before. Those that still wait to be
    written while signed in are left out when they are.
    """
    advisory_lock(product_views.LOCK)
    theirs = ProductView.objects.filter(user=user_id)
    sessions = list(theirs.exclude(session_id=None).values_list("session_id", flat=True).distinct())
    nobody: dict[str, Any] = {"ip_address": None, "user_agent": None, "referrer": None}
    stranger = hash_token(make_token())
    ProductView.objects.filter(user=None, session_id__in=sessions).update(session_id=stranger, **nobody)
    theirs.update(user=None, session_id=stranger, **nobody)
