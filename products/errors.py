"""What the catalogue and its stock refuse."""

from typing import ClassVar

from common.errors import DomainError


class OutOfStock(DomainError):
    """There is less than was asked for; `lines` says of what, how much was asked and how much there is."""

    code: ClassVar[str] = "out_of_stock"
    title: ClassVar[str] = "There is not enough in stock"


class StockChanged(DomainError):
    """The stock is another than the caller expected; `quantity` says which."""

    code: ClassVar[str] = "stock_changed"
    title: ClassVar[str] = "The stock has changed"


class CategoryNotEmpty(DomainError):
    """The category has subcategories, which would lose their place."""

    code: ClassVar[str] = "category_not_empty"
    title: ClassVar[str] = "The category has subcategories; move or delete them first"


class AlreadyReviewed(DomainError):
    """The customer has reviewed this product before."""

    code: ClassVar[str] = "already_reviewed"
    title: ClassVar[str] = "You have reviewed this product already"


class PricesChanged(DomainError):
    """Somebody changed a price after the preview; look at it again."""

    code: ClassVar[str] = "prices_changed"
    title: ClassVar[str] = "Prices have changed since the preview"


class AlreadyInStock(DomainError):
    """There is nothing to wait for."""

    code: ClassVar[str] = "already_in_stock"
    title: ClassVar[str] = "This is in stock"
