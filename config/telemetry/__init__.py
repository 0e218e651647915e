"""Sentry and OpenTelemetry, each only where its address is set; requirements-telemetry.txt has what they need."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

# The setting that switches each on, and the module that begins it.
TOOLS = {
    "SENTRY_DSN": "config.telemetry.errors",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "config.telemetry.traces",
}


def begin() -> None:
    """Begin what the settings name, in this process: after a fork, since threads do not outlive one."""
    for setting, module in TOOLS.items():
        if getattr(settings, setting):
            try:
                tool = import_module(module)
            except ModuleNotFoundError as error:
                raise ImproperlyConfigured(
                    f"{setting} needs {error.name}: pip install -r requirements-telemetry.txt"
                ) from error
            tool.begin()


def traced(application: Any) -> Any:
    """The web application, with its requests told where OpenTelemetry is on."""
    if not settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        return application
    return import_module(TOOLS["OTEL_EXPORTER_OTLP_ENDPOINT"]).traced(application)
