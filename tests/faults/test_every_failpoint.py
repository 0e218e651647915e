"""Every operation broken at every failpoint that it passes, in every way: afterwards it took effect once."""

import re

import pytest
from django.conf import settings

from common import failpoints
from config.environment import CHECKOUT
from tests.factories.payments import a_while_later, breaches
from tests.faults.breaking import break_at
from tests.faults.operations import OPERATIONS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("tasks_at_once")]

APPLICATIONS = ("common", "authentication", "products", "shipping", "orders", "payments", "analytics")
HOWS = ("raise", "exit", "hang")
# One of each operation runs every time; the rest is a heavy proof.
QUICK = {
    ("checkout", "checkout.before_commit", "exit"),
    ("checkout", "checkout.after_commit", "exit"),
    ("checkout", "checkout.after_stock", "hang"),
    ("payment", "payment.after_gateway", "exit"),
    ("payment", "payment.after_gateway", "hang"),
    ("second attempt", "payment.after_cancel", "exit"),
    ("refund", "refund.after_gateway", "exit"),
    ("refund", "refund.after_gateway", "hang"),
    ("webhook", "webhook.after_store", "exit"),
    ("webhook", "webhook.before_commit", "hang"),
    ("fetching", "fetching.before_commit", "exit"),
    ("rendering", "renditions.before_commit", "exit"),
    ("webhook delivery", "delivery.after_send", "exit"),
    ("expiry", "expiry.before_commit", "exit"),
    ("import job", "job.after_begin", "exit"),
    ("import job", "job.before_commit", "exit"),
    ("import job", "job.before_commit", "raise"),
    ("expiry", "expiry.after_lock", "hang"),
    ("backfill", "backfill.before_commit", "exit"),
    ("stock feed", "feed.before_commit", "exit"),
    ("stock feed", "feed.after_block", "exit"),
}
MATRIX = [
    pytest.param(name, point, how, marks=[] if (name, point, how) in QUICK else [pytest.mark.slow])
    for name, (_, points) in OPERATIONS.items()
    for point in points
    for how in HOWS
]


@pytest.mark.parametrize(("name", "point", "how"), MATRIX)
def test_broken(name: str, point: str, how: str) -> None:
    operation = OPERATIONS[name][0]()

    break_at(point, how, operation.run, meanwhile=a_while_later)
    a_while_later()
    operation.run()
    a_while_later()
    operation.run()

    operation.settled()
    assert breaches() == []


def test_every_failpoint_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    reached: set[str] = set()
    monkeypatch.setattr(failpoints, "_act", lambda name, action: reached.add(name))
    monkeypatch.setattr(settings, "FAILPOINTS", "checkout.after_lock=watched")

    for prepare, _ in OPERATIONS.values():
        prepare().run()

    assert failpoints.POINTS - reached == set()


def test_every_failpoint_is_broken() -> None:
    assert {point for _, points in OPERATIONS.values() for point in points} == failpoints.POINTS


def test_the_list_names_what_is_in_the_code() -> None:
    sources = [path for name in APPLICATIONS for path in (CHECKOUT / name).rglob("*.py")]
    named = [re.findall(r'failpoint\(\s*"([^"]+)"', path.read_text(encoding="utf-8")) for path in sources]

    assert {name for names in named for name in names} == failpoints.POINTS


def test_a_name_that_is_no_failpoint_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "FAILPOINTS", "checkout.after_lunch=raise")

    with pytest.raises(LookupError, match=r"checkout\.after_lunch"):
        failpoints.failpoint("checkout.after_lock")
