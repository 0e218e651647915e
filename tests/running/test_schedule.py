"""Every task of the beat schedule, run by two workers at once and once more too late: its effect is there once."""

import threading
from collections.abc import Callable
from importlib import import_module

import pytest
from django.db import connection

from config.celery import BACKUPS, SCHEDULE
from tests.running import due
from tests.running.due import Due, one_of_two

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.bare_rows, pytest.mark.usefixtures("tasks_at_once")]

CASES: dict[str, Callable[[], Due]] = {
    "common.tasks.relay_outbox": due.relay,
    "common.tasks.send_due_mails": due.mail,
    "common.tasks.send_due_webhooks": due.webhooks,
    "common.tasks.drop_old_webhook_deliveries": due.old_deliveries,
    "common.tasks.work_off_backfills": due.backfill,
    "common.tasks.drop_old_events": due.old_events,
    "common.tasks.drop_old_deprecated_calls": one_of_two(
        "common_deprecatedcall", "part, client, calls", "'GET /x/', 'storefront-{n}', 1", "last_called_at"
    ),
    "common.tasks.drop_old_read_marks": one_of_two(
        "common_readmark", "caller, position", "'user:{n}', 1", "written_at"
    ),
    "common.tasks.work_off_jobs": due.import_job,
    "common.tasks.drop_old_jobs": one_of_two(
        "common_importjob",
        "subject, format, mode, file_name, stored_file, sha256, size, status, finished_at",
        "'products', 'native', 'upsert', 'a.csv', 'a{n}', '', 1, 'cancelled', now()",
        "created_at",
    ),
    "common.tasks.prove_the_books": due.proving,
    "common.tasks.drop_old_mails": one_of_two(
        "common_mail",
        "kind, resource, recipient, subject, text_body",
        "'hello', 'order:{n}', 'ada@example.com', 'Hello', ''",
        "sent_at",
    ),
    "common.tasks.keep_audit": due.audit,
    "common.tasks.drop_expired_idempotency_keys": one_of_two(
        "common_idempotencykey", "caller, key, fingerprint", "'a', 'key-{n}', ''", "created_at"
    ),
    "common.tasks.drop_ended_limit_counters": one_of_two("common_limitcounter", "key, uses", "'key-{n}', 1", "ends_at"),
    "authentication.tasks.drop_expired_tokens": one_of_two("authentication_signinplace", "key", "'key-{n}'", "used_at"),
    "products.tasks.make_due_renditions": due.renditions,
    "products.tasks.fetch_due_pictures": due.fetching,
    "products.tasks.apply_schedule": due.offering,
    "products.tasks.fold_catalogue_changes": due.folding,
    "products.tasks.drop_old_prices": due.old_prices,
    "products.tasks.mail_stock_notices": due.back_in_stock,
    "products.tasks.refresh_stock_alerts": due.low_stock,
    "products.tasks.drop_old_stock_notices": due.old_notices,
    "orders.tasks.expire_unpaid_orders": due.expiry,
    "orders.tasks.drop_old_carts": due.carts,
    "orders.tasks.issue_missing_invoices": due.invoices,
    "payments.tasks.issue_missing_credit_notes": due.credit_notes,
    "payments.tasks.reconcile_open_payments": due.reconciling,
    "analytics.tasks.refresh_sales_aggregates": due.aggregates,
    "analytics.tasks.refresh_bought_together": due.pairs,
    "analytics.tasks.shorten_old_views": due.shortening,
    "analytics.tasks.drop_old_views": due.dropping_views,
    "analytics.tasks.refresh_popularity": due.popularity,
    "common.tasks.save_erasures": due.erasures,
    "common.tasks.back_up": due.backing_up,
    "common.tasks.verify_newest_backup": due.verifying,
}
HEAVY = {"common.tasks.back_up", "common.tasks.verify_newest_backup"}
NOTHING_TO_DO = {"common.tasks.prove_the_books"}  # it reads


def test_every_row_of_the_schedule_has_a_case() -> None:
    assert {row["task"] for row in (*SCHEDULE.values(), *BACKUPS.values())} == set(CASES)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name in HEAVY else []) for name in CASES]
)
def test_two_at_once_and_one_too_late_take_effect_once(name: str) -> None:
    work = CASES[name]()
    module, _, function = name.rpartition(".")
    task = getattr(import_module(module), function)
    with work.stack:
        assert (work.effect() == work.wanted) == (name in NOTHING_TO_DO)

        at_once(task)
        task()

        assert work.effect() == work.wanted


def at_once(task: Callable[[], object]) -> None:
    """Run the task in two threads that begin together; what one raises is raised here."""
    errors: list[BaseException] = []
    together = threading.Barrier(2)

    def run() -> None:
        try:
            together.wait()
            task()
        except BaseException as error:  # noqa: BLE001 - handed to the test
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
