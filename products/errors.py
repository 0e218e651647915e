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
