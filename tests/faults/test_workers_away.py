"""No Celery worker runs, or no mail server: the shop sells on, and what was left to them is done later, once."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

import pytest
from django.core import mail as post
from django.utils import timezone
from pytest_django import Settings

from authentication.tokens import AccessToken
from common import mail_delivery, outbox
from common.models import Mail, OutboxDelivery, OutboxEvent
from config.embedded import LOOPBACK, any_free_port
from orders.models import Order
from payments.models import DummyRefund, Refund
from tests.factories.authentication import staff_user
from tests.factories.payments import a_while_later, breaches, order_worth, paid
from tests.faults.shopping import Stopwatch, browse, buy, log_in, set_the_stage
from tests.live import LiveShop


def test_the_shop_sells_on_without_workers(live_shop: LiveShop, tasks_at_once: None) -> None:
    stage, cashier = set_the_stage(), AccessToken.for_user(staff_user("orders.change_order", "payments.add_refund"))
    shop = Stopwatch(live_shop)

    browse(shop, stage)
    log_in(shop, stage)
    placed, sent_back = buy(shop, stage), buy(shop, stage)
    shop.post(f"{placed.path}/cancel/", 200, **placed.secret)
    payment = shop.get(f"{sent_back.path}/", **sent_back.secret)["payments"][0]
    body, path = {"amount": payment["amount"]}, f"payments/{payment['id']}/refunds/"
    refund = shop.post(path, 201, body, Idempotency_Key="back", Authorization=f"Bearer {cashier}")

    assert refund["status"] == "succeeded"  # staff need no worker
    assert OutboxEvent.objects.filter(relayed_at=None).exists()
    assert (Refund.objects.count(), Mail.objects.count()) == (1, 0)

    a_while_later()
    mail_delivery.send_due_mails()

    assert not OutboxDelivery.objects.filter(done_at=None).exists()
    assert sorted(Order.objects.values_list("status", flat=True)) == ["cancelled", "refunded"]
    assert DummyRefund.objects.count() == Refund.objects.filter(status="succeeded").count() == 2
    subjects = [message.subject for message in post.outbox]
    assert len(subjects) == len(set(subjects)) == Mail.objects.count()
    assert breaches() == []


@contextmanager
def _refusing() -> Iterator[int]:
    yield any_free_port()


@contextmanager
def _silent() -> Iterator[int]:
    with socket.create_server((LOOPBACK, 0), backlog=16) as server:
        yield server.getsockname()[1]


@pytest.mark.django_db
@pytest.mark.parametrize("mail_server", [_refusing, _silent], ids=["refused", "silent"])
def test_mails_wait_for_a_mail_server_that_is_away(
    settings: Settings, mail_server: Callable[[], AbstractContextManager[int]]
) -> None:
    paid(order_worth("10.00"))
    with mail_server() as port:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = LOOPBACK, port, 0.2
        outbox.relay()
        assert mail_delivery.send_due_mails() == 0
    assert Mail.objects.get().last_error
    assert Order.objects.get().status == "confirmed"

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    Mail.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    assert (mail_delivery.send_due_mails(), mail_delivery.send_due_mails()) == (1, 0)

    assert [message.to for message in post.outbox] == [[Order.objects.get().email]]
    assert breaches() == []
