"""Django's handle on the analytics application."""

from importlib import import_module

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "analytics"
    verbose_name = "Analytics"

    def ready(self) -> None:
        import_module("analytics.registrations").register()
