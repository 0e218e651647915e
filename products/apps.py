"""Django's handle on the products application."""

from importlib import import_module

from django.apps import AppConfig

from products import integrity

NEEDING_MODELS = (
    "products.handlers",
    "products.metrics",
    "products.privacy",
    "products.public_events",
    "products.trail",
    "products.imports.subject",
    "products.imports.categories.subject",
    "products.imports.inventory.subject",
)


class ProductsConfig(AppConfig):
    name = "products"
    verbose_name = "Catalogue"

    def ready(self) -> None:
        integrity.register()
        for name in NEEDING_MODELS:  # the models are ready by now
            import_module(name).register()
