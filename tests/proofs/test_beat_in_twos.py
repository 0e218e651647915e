"""Every scheduled task run by two workers at the same moment, as two beats have it run: no harm comes of it."""

import threading
from collections import Counter

import pytest
from django.db import connection

from common.models import Mail
from config.celery import SCHEDULE, app
from orders.models import Invoice, Order
from payments.models import Payment
from tests.factories.payments import paid, waiting_order
from tests.factories.products import ProductFactory

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]

ROUNDS = 3


def _run(name: str, start: threading.Barrier, failures: list[str]) -> None:
    start.wait()
    try:
        app.tasks[name].apply(throw=True)
    except Exception as error:  # noqa: BLE001 - told by the test
        failures.append(f"{name}: {error!r}")
    finally:
        connection.close()


def test_every_scheduled_task_may_run_in_twos(mailoutbox: list[object]) -> None:
    """What the books say after it is proved as after each test that commits."""
    product = ProductFactory.create(stock=100)
    for _ in range(5):
        paid(waiting_order((product, 1)))
    app.loader.import_default_modules()
    names = sorted({str(entry["task"]) for entry in SCHEDULE.values()})
    failures: list[str] = []

    for _ in range(ROUNDS):
        for name in names:
            start = threading.Barrier(2)
            pair = [threading.Thread(target=_run, args=(name, start, failures)) for _ in range(2)]
            for thread in pair:
                thread.start()
            for thread in pair:
                thread.join()

    assert failures == []
    assert len(names) > 25
    assert Order.objects.count() == 5
    queued = Counter(Mail.objects.values_list("kind", "resource", "recipient"))
    assert max(queued.values(), default=1) == 1
    assert len(mailoutbox) == Mail.objects.filter(sent_at__isnull=False).count()
    assert Invoice.objects.count() == Invoice.objects.values("order", "kind").distinct().count()
    assert Payment.objects.count() == Payment.objects.values("order").distinct().count()
