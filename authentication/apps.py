"""Django's handle on the authentication application."""

from importlib import import_module

from django.apps import AppConfig


class AuthenticationConfig(AppConfig):
    name = "authentication"
    verbose_name = "Accounts"

    def ready(self) -> None:
        """Register the bearer scheme of the OpenAPI document, mails, events, invariants, imports and the restore."""
        import_module("authentication.api.schema")
        import_module("authentication.handlers").subscribe()
        import_module("authentication.integrity").register()
        import_module("authentication.public_events").register()
        import_module("authentication.imports.subject").register()
        import_module("authentication.restoring").register()
