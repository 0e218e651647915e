"""Django's handle on the leaf application."""

from importlib import import_module

from django.apps import AppConfig

from common import database_checks, job_integrity, mail_integrity

# The models are ready when these are loaded.
NEEDING_MODELS = (
    "metrics.standings",
    "backups.settling",
    "backups.readiness",
    "webhooks.registrations",
    "webhooks.standings",
    "deprecations",
    "replicas.standings",
)


class CommonConfig(AppConfig):
    name = "common"
    verbose_name = "Operations"

    def ready(self) -> None:
        database_checks.register()
        mail_integrity.register()
        job_integrity.register()
        for name in NEEDING_MODELS:
            import_module(f"common.{name}").register()
