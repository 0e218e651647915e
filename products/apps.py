"""Django's handle on the products application."""

from importlib import import_module

from django.apps import AppConfig

from products import integrity


class ProductsConfig(AppConfig):
    name = "products"
    verbose_name = "Catalogue"

    def ready(self) -> None:
        integrity.register()
        for needing_models in ("products.privacy", "products.imports.subject"):  # which are ready by now
            import_module(needing_models).register()
