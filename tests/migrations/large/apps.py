"""Django's handle on the application of the proof."""

from django.apps import AppConfig


class LargeConfig(AppConfig):
    name = "tests.migrations.large"
    label = "large"
