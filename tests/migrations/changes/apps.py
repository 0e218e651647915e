"""Django's handle on the application of the tests."""

from django.apps import AppConfig


class ChangesConfig(AppConfig):
    name = "tests.migrations.changes"
    label = "changes"
