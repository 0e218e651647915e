"""The Celery application: queues, time-outs and the beat schedule as one table."""

import os
import time
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import beat_init, before_task_publish, task_postrun, task_prerun, worker_process_init

from common.audit import context
from config import telemetry
from config.environment import load_environment

load_environment()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

app = Celery("shop")

SCHEDULE: dict[str, dict[str, Any]] = {
    # name                        task                                          every            options
    "relay-outbox": {"task": "common.tasks.relay_outbox", "schedule": 1.0, "options": {"expires": 5}},
    "send-due-mails": {"task": "common.tasks.send_due_mails", "schedule": 2.0, "options": {"expires": 10}},
    "make-due-renditions": {
        "task": "products.tasks.make_due_renditions",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "fetch-due-pictures": {
        "task": "products.tasks.fetch_due_pictures",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "send-due-webhooks": {"task": "common.tasks.send_due_webhooks", "schedule": 2.0, "options": {"expires": 10}},
    "drop-old-webhook-deliveries": {
        "task": "common.tasks.drop_old_webhook_deliveries",
        "schedule": crontab(hour="3", minute="47"),
    },
    "drop-old-events": {"task": "common.tasks.drop_old_events", "schedule": crontab(hour="4", minute="3")},
    "drop-old-deprecated-calls": {
        "task": "common.tasks.drop_old_deprecated_calls",
        "schedule": crontab(hour="3", minute="57"),
    },
    "work-off-jobs": {"task": "common.tasks.work_off_jobs", "schedule": 2.0, "options": {"expires": 10}},
    "work-off-backfills": {
        "task": "common.tasks.work_off_backfills",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "drop-old-jobs": {"task": "common.tasks.drop_old_jobs", "schedule": crontab(hour="3", minute="41")},
    "prove-the-books": {"task": "common.tasks.prove_the_books", "schedule": crontab(hour="4", minute="11")},
    "drop-old-mails": {"task": "common.tasks.drop_old_mails", "schedule": crontab(hour="3", minute="27")},
    "keep-audit": {"task": "common.tasks.keep_audit", "schedule": crontab(hour="3", minute="51")},
    "drop-old-idempotency-keys": {
        "task": "common.tasks.drop_expired_idempotency_keys",
        "schedule": crontab(minute="7"),
    },
    "drop-ended-limit-counters": {
        "task": "common.tasks.drop_ended_limit_counters",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 300},
    },
    "drop-old-read-marks": {
        "task": "common.tasks.drop_old_read_marks",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 300},
    },
    "drop-expired-tokens": {
        "task": "authentication.tasks.drop_expired_tokens",
        "schedule": crontab(minute="37"),
    },
    "apply-product-schedule": {
        "task": "products.tasks.apply_schedule",
        "schedule": 30.0,
        "options": {"expires": 25},
    },
    "fold-catalogue-changes": {
        "task": "products.tasks.fold_catalogue_changes",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "drop-old-prices": {"task": "products.tasks.drop_old_prices", "schedule": crontab(hour="3", minute="41")},
    "expire-unpaid-orders": {
        "task": "orders.tasks.expire_unpaid_orders",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "mail-stock-notices": {
        "task": "products.tasks.mail_stock_notices",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "refresh-stock-alerts": {
        "task": "products.tasks.refresh_stock_alerts",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 240},
    },
    "drop-old-stock-notices": {
        "task": "products.tasks.drop_old_stock_notices",
        "schedule": crontab(hour="3", minute="41"),
    },
    "drop-old-carts": {"task": "orders.tasks.drop_old_carts", "schedule": crontab(hour="3", minute="33")},
    "issue-missing-invoices": {
        "task": "orders.tasks.issue_missing_invoices",
        "schedule": crontab(minute="*/5"),
    },
    "issue-missing-credit-notes": {
        "task": "payments.tasks.issue_missing_credit_notes",
        "schedule": crontab(minute="*/5"),
    },
    "reconcile-payments": {
        "task": "payments.tasks.reconcile_open_payments",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "refresh-sales-aggregates": {
        "task": "analytics.tasks.refresh_sales_aggregates",
        "schedule": crontab(minute="*/5"),
        "options": {"queue": "analytics"},
    },
    "refresh-bought-together": {
        "task": "analytics.tasks.refresh_bought_together",
        "schedule": crontab(hour="2", minute="43"),
        "options": {"queue": "analytics"},
    },
    "shorten-old-views": {
        "task": "analytics.tasks.shorten_old_views",
        "schedule": crontab(minute="23"),
        "options": {"queue": "analytics"},
    },
    "drop-old-views": {
        "task": "analytics.tasks.drop_old_views",
        "schedule": crontab(minute="53"),
        "options": {"queue": "analytics"},
    },
    "refresh-popularity": {
        "task": "analytics.tasks.refresh_popularity",
        "schedule": crontab(minute="17"),
        "options": {"queue": "analytics"},
    },
}

BACKUPS: dict[str, dict[str, Any]] = {
    "back-up": {"task": "common.tasks.back_up", "schedule": crontab(hour="1", minute="17")},
    "verify-newest-backup": {"task": "common.tasks.verify_newest_backup", "schedule": crontab(hour="2", minute="17")},
    "save-erasures": {
        "task": "common.tasks.save_erasures",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 240},
    },
}
if os.environ.get("BACKUP_TARGET"):
    SCHEDULE.update(BACKUPS)

app.conf.update(
    broker_url=os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0"),
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": 3600,
        "socket_connect_timeout": 1,
        "socket_timeout": 5,
        "max_retries": 1,
    },
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_publish_retry=False,
    task_soft_time_limit=300,
    task_time_limit=360,
    task_default_queue="default",
    task_routes={
        "common.tasks.send_due_mails": {"queue": "mail"},
        "payments.*": {"queue": "money"},
        "orders.*": {"queue": "money"},
        "analytics.*": {"queue": "analytics"},
    },
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    timezone="UTC",
    beat_schedule=SCHEDULE,
)
app.autodiscover_tasks(["common", "authentication", "products", "orders", "payments", "analytics"])

SENT_AT = "shop_sent_at"  # as `common.metrics.standings` reads it, which cannot be imported before Django is set up


@before_task_publish.connect
def _note_when(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Say on each task when it was sent, so that the age of a queue can be told."""
    if headers is not None:
        headers[SENT_AT] = time.time()


@worker_process_init.connect
@beat_init.connect
def _begin_telemetry(**_: Any) -> None:
    """In each process that works, after it was forked."""
    telemetry.begin()


_working: dict[str, Any] = {}


@task_prerun.connect
def _begin_work(task_id: str, task: Any, **_: Any) -> None:
    """What a task writes comes through its door."""
    _working[task_id] = context.begin(context.Work(context.Door.TASK, origin=task.name))


@task_postrun.connect
def _end_work(task_id: str, **_: Any) -> None:
    if token := _working.pop(task_id, None):
        context.end(token)
