"""Django's handle on the authentication application."""

from django.apps import AppConfig


class AuthenticationConfig(AppConfig):
    name = "authentication"
    verbose_name = "Accounts"
