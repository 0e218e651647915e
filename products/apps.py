"""Django's handle on the products application."""

from importlib import import_module

from django.apps import AppConfig

from products import integrity


class ProductsConfig(AppConfig):
    name = "products"
    verbose_name = "Catalogue"

    def ready(self) -> None:
        integrity.register()
        import_module("products.privacy").register()  # it needs the models, which are ready by now
