"""Entries of the audit stay as they were written, but for what leads to a person, and for their end."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import override_settings
from django.utils import timezone

from authentication.models import User
from authentication.services import privacy
from common.audit import upkeep
from common.models import AuditEntry
from common.tasks import keep_audit

pytestmark = pytest.mark.django_db


def entry(**fields: object) -> AuditEntry:
    return AuditEntry.objects.create(
        **{
            "kind": "price",
            "object_type": "products.product",
            "object_id": 1,
            "after": {"price": "1.00"},
            "door": "api",
            "origin": "PATCH products/",
            "request_id": "theirs",
            "client_address": "203.0.113.0",
            **fields,
        }
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE common_auditentry SET after = '{}'",
        "UPDATE common_auditentry SET client_address = NULL",
        "DELETE FROM common_auditentry",
        "TRUNCATE common_auditentry",
        "SELECT set_config('shop.audit_upkeep', 'on', true); UPDATE common_auditentry SET door = 'task'",
    ],
)
def test_nobody_rewrites_the_audit(statement: str) -> None:
    made = entry()

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    again = AuditEntry.objects.get()
    assert (again.pk, again.after, again.client_address) == (made.pk, {"price": "1.00"}, "203.0.113.0")


def test_upkeep_closes_the_door_behind_it() -> None:
    entry()
    upkeep.shorten_old()

    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEntry.objects.all().delete()


@override_settings(AUDIT_ADDRESS_DAYS=30, AUDIT_KEPT_DAYS=300)
def test_networks_go_first_and_entries_much_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "ENTRIES_PER_STATEMENT", 2)
    now = timezone.now()
    ages = [1, 31, 32, 33, 301, 302, 303]
    made = [entry(at=now - timedelta(days=age)) for age in ages]

    keep_audit.apply()

    left = list(AuditEntry.objects.order_by("id").values_list("id", "client_address"))
    assert left == [(made[0].pk, "203.0.113.0"), *((each.pk, None) for each in made[1:4])]


def test_an_erased_person_is_on_their_entries_by_key_alone(user: User) -> None:
    theirs = entry(actor=user)
    others = entry()

    privacy.erase_account(user_id=user.pk)

    theirs.refresh_from_db()
    others.refresh_from_db()
    assert (theirs.actor_id, theirs.client_address, theirs.request_id) == (user.pk, None, "")
    assert (others.client_address, others.request_id) == ("203.0.113.0", "theirs")
