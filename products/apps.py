"""Django's handle on the products application."""

from django.apps import AppConfig

from products import integrity


class ProductsConfig(AppConfig):
    name = "products"
    verbose_name = "Catalogue"

    def ready(self) -> None:
        integrity.register()
