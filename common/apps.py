"""Django's handle on the leaf application."""

from importlib import import_module

from django.apps import AppConfig

from common import database_checks, job_integrity, mail_integrity


class CommonConfig(AppConfig):
    name = "common"
    verbose_name = "Operations"

    def ready(self) -> None:
        database_checks.register()
        mail_integrity.register()
        job_integrity.register()
        import_module("common.webhooks.registrations").register()  # the models are ready by now
