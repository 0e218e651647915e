"""What carts, checkout and orders refuse."""

from typing import ClassVar

from common.errors import DomainError
from common.limits.errors import RateLimited


class InvalidTransition(DomainError):
    """The order's status does not allow the move; `from` and `to` say which."""

    code: ClassVar[str] = "invalid_transition"
    title: ClassVar[str] = "The order's status does not allow this"

    @classmethod
    def between(cls, current: str, target: str) -> "InvalidTransition":
        """The refusal of a move from the one status to the other."""
        error = cls(f"An order that is {current} cannot become {target}.")
        error.facts = {"from": str(current), "to": str(target)}
        return error


class TooManyUnpaidOrders(RateLimited):
    """The customer has so many orders open that are not paid; one is to be paid or cancelled first, or to expire."""

    code: ClassVar[str] = "too_many_unpaid_orders"
    title: ClassVar[str] = "There are too many unpaid orders; pay or cancel one, or wait as long as Retry-After says"


class CartEmpty(DomainError):
    code: ClassVar[str] = "cart_empty"
    title: ClassVar[str] = "The cart is empty"


class CartAlreadyOrdered(DomainError):
    code: ClassVar[str] = "cart_already_ordered"
    title: ClassVar[str] = "The cart has become an order already"


class TotalChanged(DomainError):
    """The order would cost another total than the customer agreed to; `expected_total` and `total` are both told."""

    code: ClassVar[str] = "total_changed"
    title: ClassVar[str] = "The total has changed"


class ProductUnavailable(DomainError):
    """Lines of the cart can no longer be bought; `lines` names them."""

    code: ClassVar[str] = "product_unavailable"
    title: ClassVar[str] = "Something in the cart is no longer sold"


class CouponInvalid(DomainError):
    """The coupon cannot be used; `reason` says why."""

    code: ClassVar[str] = "coupon_invalid"
    title: ClassVar[str] = "The coupon cannot be used"


class AmountTooLarge(DomainError):
    """The order would cost more than an order can hold; `maximum` says how much that is."""

    code: ClassVar[str] = "amount_too_large"
    title: ClassVar[str] = "The order is too large"
