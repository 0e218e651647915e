"""The cast: a victim with everything that a customer can have, an attacker who has an account too, and a guest."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from rest_framework.test import APIClient

from authentication.models import Address, User
from common.tokens import hash_token
from orders.models import CartItem, Order
from orders.services import invoices
from payments.models import Payment
from products.models import Product
from shipping.models import ShippingMethod
from tests.conftest import ApiClientFor
from tests.factories.authentication import AddressFactory, UserFactory, grant
from tests.factories.orders import CartFactory, CartItemFactory
from tests.factories.payments import paid, waiting_order
from tests.factories.products import ProductFactory
from tests.factories.shipping import ShippingMethodFactory

StaffClient = Callable[..., APIClient]

ORDER_TOKEN = "the-victims-order-token"


@dataclass(frozen=True)
class Victim:
    """A customer with an address, a paid order with its invoice, one that waits to be paid, and a cart."""

    user: User
    address: Address
    order: Order
    payment: Payment
    unpaid: Order
    line: CartItem


@pytest.fixture
def product(db: None) -> Product:
    return ProductFactory.create(price="19.90", cost_price="8.00", stock=10)


@pytest.fixture
def method(db: None) -> ShippingMethod:
    return ShippingMethodFactory.create(price="5.00")


@pytest.fixture
def victim(product: Product) -> Victim:
    user = UserFactory.create(email="victim@example.com", first_name="Vera")
    order = waiting_order((product, 1), user=user, access_token_hash=hash_token(ORDER_TOKEN))
    payment = paid(order)
    invoices.issue_invoice(order_id=order.pk)
    return Victim(
        user=user,
        address=AddressFactory.create(user=user, address_line1="9 Secret Lane"),
        order=order,
        payment=payment,
        unpaid=waiting_order((product, 1), user=user),
        line=CartItemFactory.create(cart=CartFactory.create(user=user), product=product),
    )


@pytest.fixture
def attacker(db: None) -> User:
    return UserFactory.create(email="attacker@example.com")


@pytest.fixture
def attacker_client(attacker: User, client_for: ApiClientFor) -> APIClient:
    return client_for(attacker)


@pytest.fixture
def shopper(attacker: User, attacker_client: APIClient, product: Product) -> APIClient:
    """The attacker, with a cart of their own."""
    CartItemFactory.create(cart=CartFactory.create(user=attacker), product=product, quantity=1)
    return attacker_client


@pytest.fixture
def staff_client(db: None, client_for: ApiClientFor) -> StaffClient:
    """Makes a client of API staff with these permissions."""

    def make(*permissions: str) -> APIClient:
        user = UserFactory.create(is_staff_member=True)
        grant(user, *permissions)
        return client_for(User.objects.get(pk=user.pk))

    return make
