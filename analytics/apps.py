"""Django's handle on the analytics application."""

from importlib import import_module

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "analytics"
    verbose_name = "Analytics"

    def ready(self) -> None:
        """Contribute event handlers, invariants and readiness; their modules need the models, so they load now."""
        import_module("analytics.handlers").subscribe()
        import_module("analytics.integrity").register()
        import_module("analytics.readiness").register()
