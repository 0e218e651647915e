"""The catalogue; stock is booked as a movement, as every writer must."""

from decimal import Decimal
from typing import Any

import factory

from products.models import Category, Product, ProductImage, ProductReview, ProductVariation
from products.services import stock
from products.services.stock import StockKey
from tests.factories.authentication import UserFactory


class CategoryFactory(factory.django.DjangoModelFactory[Category]):
    class Meta:
        model = Category

    name = factory.Sequence(lambda n: f"Category {n}")
    slug = factory.Sequence(lambda n: f"category-{n}")


class ProductFactory(factory.django.DjangoModelFactory[Product]):
    class Meta:
        model = Product
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Product {n}")
    slug = factory.Sequence(lambda n: f"product-{n}")
    sku = factory.Sequence(lambda n: f"SKU-{n}")
    description = "A thing to buy."
    price = Decimal("10.00")

    @factory.post_generation
    def stock(product: Product, create: bool, extracted: int | None, **kwargs: Any) -> None:  # noqa: N805
        stock.open_stock(key=StockKey(product.id, None), quantity=10 if extracted is None else extracted)
        product.refresh_from_db()

    @factory.post_generation
    def categories(product: Product, create: bool, extracted: list[Category] | None, **kwargs: Any) -> None:  # noqa: N805
        product.categories.add(*(extracted or []))


class VariationFactory(factory.django.DjangoModelFactory[ProductVariation]):
    class Meta:
        model = ProductVariation
        skip_postgeneration_save = True

    product = factory.SubFactory(ProductFactory, stock=0)
    name = "Size"
    value = factory.Sequence(lambda n: f"S{n}")
    sku = factory.Sequence(lambda n: f"VAR-{n}")

    @factory.post_generation
    def stock(variation: ProductVariation, create: bool, extracted: int | None, **kwargs: Any) -> None:  # noqa: N805
        key = StockKey(variation.product_id, variation.id)
        stock.open_stock(key=key, quantity=10 if extracted is None else extracted)
        variation.refresh_from_db()


class ImageFactory(factory.django.DjangoModelFactory[ProductImage]):
    """A picture whose file does not exist; lists only name it."""

    class Meta:
        model = ProductImage

    product = factory.SubFactory(ProductFactory)
    image = factory.Sequence(lambda n: f"products/picture-{n}.webp")


class ReviewFactory(factory.django.DjangoModelFactory[ProductReview]):
    class Meta:
        model = ProductReview

    product = factory.SubFactory(ProductFactory)
    user = factory.SubFactory(UserFactory)
    rating = 4
    comment = "Does what it should."
