"""Requests that schemathesis makes up from the OpenAPI document, sent as each kind of caller to a small shop."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock

import yaml
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from authentication.models import User
from authentication.tokens import AccessToken
from common.tokens import hash_token
from config.wsgi import application
from orders.services import invoices
from tests.factories.authentication import PASSWORD, AddressFactory, UserFactory
from tests.factories.jobs import checked_import, finished_export
from tests.factories.orders import ADDRESS, CartFactory, CartItemFactory, CouponFactory, TaxRateFactory
from tests.factories.payments import line_of, paid, waiting_order
from tests.factories.products import CategoryFactory, ImageFactory, ProductFactory, ReviewFactory, VariationFactory
from tests.factories.shipping import ShippingRateFactory

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.yaml"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
AnyOperation = APIOperation[Any, Any, Any, Any]
AnyCase = Case[Any]

CART_TOKEN = "the-guests-cart"
ORDER_TOKEN = "the-guests-order"


@dataclass(frozen=True)
class Shop:
    """Callers by name, each with the headers that they send, and what of theirs there is to ask for."""

    callers: dict[str, dict[str, str]]
    in_paths: dict[str, Any]
    in_bodies: dict[str, Any]


def documented_operations() -> list[AnyOperation]:
    """All operations of the document, to be called in this process."""
    with DOCUMENT.open() as file:
        schema = openapi.from_dict(yaml.load(file, Loader=yaml.CSafeLoader))
    schema.app = application
    found = [each for each in schema.get_all_operations() if isinstance(each, Ok)]
    assert len(found) == sum(len(operations) for operations in schema.raw_schema["paths"].values())
    return [each.ok() for each in found]


def stock_shop() -> Shop:
    """A customer who is known to the shop in every way, a guest with a cart and an order, and staff."""
    customer, staff = UserFactory.create(), UserFactory.create(is_superuser=True, is_staff_member=True)
    category, rate, coupon = CategoryFactory.create(), ShippingRateFactory.create(), CouponFactory.create()
    product = ProductFactory.create(categories=[category], stock=1000)
    variation = VariationFactory.create(product=ProductFactory.create(stock=0), stock=1000)
    order = waiting_order((product, 1), user=customer, access_token_hash=hash_token(ORDER_TOKEN))
    payment = paid(order)
    invoice = invoices.issue_invoice(order_id=order.id)
    item = CartItemFactory.create(cart=CartFactory.create(user=customer), product=product)
    CartItemFactory.create(cart=CartFactory.create(user=None, session_id=hash_token(CART_TOKEN)), product=product)
    pks = {
        "addresses": AddressFactory.create(user=customer).pk,
        "imports": checked_import(actor=staff).pk,
        "exports": finished_export(actor=staff).pk,
        "coupons": coupon.pk,
        "tax-rates": TaxRateFactory.create().pk,
        "shipping/methods": rate.shipping_method_id,
        "shipping/zones": rate.shipping_zone_id,
        "shipping/rates": rate.pk,
        "reviews": ReviewFactory.create(product=product).pk,
        "images": ImageFactory.create(product=product).pk,
        "variations": variation.pk,
        "products": product.slug,
        "categories": category.slug,
        "orders": order.order_number,
        "invoices": invoice.number,
        "payments": payment.pk,
        "webhooks": "dummy",
        "items": item.pk,
    }
    return Shop(_callers(customer, staff), pks, _fields(customer, product, variation, line_of(order), coupon, rate))


def _callers(customer: User, staff: User) -> dict[str, dict[str, str]]:
    return {
        "guest": {"X-Cart-Token": CART_TOKEN, "X-Order-Token": ORDER_TOKEN},
        "customer": {"Authorization": f"Bearer {AccessToken.for_user(customer)}"},
        "staff": {"Authorization": f"Bearer {AccessToken.for_user(staff)}"},
    }


def _fields(customer: User, product: Any, variation: Any, line: Any, coupon: Any, rate: Any) -> dict[str, Any]:
    return {
        "product": product.id,
        "variation": variation.id,
        "sku": product.sku,
        "order_item": line.id,
        "quantity": 1,
        "shipping_method": rate.shipping_method_id,
        "shipping_zone": rate.shipping_zone_id,
        "shipping_address": ADDRESS,
        "billing_address": ADDRESS,
        "country": "US",
        "postal_code": "90001",
        "state": "CA",
        "payment_method": "dummy",
        "details": {"token": "tok_ok"},
        "code": coupon.code,
        "email": customer.email,
        "password": PASSWORD,
        "current_password": PASSWORD,
        "new_password": f"{PASSWORD}-anew",
        "token": CART_TOKEN,
    }


def faults_of(operation: AnyOperation, shop: Shop, *, positive: int, negative: int) -> list[str]:
    """What the document and the shop disagree about in so many requests that fit the document, and that do not.

    Every request is sent by every caller; what it writes is undone.
    """
    faults: set[str] = set()
    for mode, examples in ((GenerationMode.POSITIVE, positive), (GenerationMode.NEGATIVE, negative)):
        _generate(operation.as_strategy(mode), examples, lambda case: faults.update(_send(case, shop)), shop)
    return sorted(faults)


def _generate(strategy: st.SearchStrategy[AnyCase], examples: int, send: Callable[[AnyCase], None], shop: Shop) -> None:
    made = count()

    @seed(2023)
    @settings(
        max_examples=examples + 1,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy, st.integers(0, 3))
    def run(case: AnyCase, how_known: int) -> None:
        if next(made):  # the first is always the emptiest there is
            _make_known(case, shop, how_known)
            send(case)

    if examples:
        try:
            run()
        except Unsatisfiable:  # nothing about this operation can be sent wrong
            return


def _make_known(case: AnyCase, shop: Shop, how: int) -> None:
    """Have most requests name what is there: rows in the path, and in one of two the fields of the body too."""
    if how > 0:
        for name in case.path_parameters or {}:
            case.path_parameters[name] = shop.in_paths[_collection(case.operation.path, name)]
    if how > 1 and isinstance(case.body, dict):
        case.body.update({name: shop.in_bodies[name] for name in case.body if name in shop.in_bodies})


def _collection(path: str, name: str) -> str:
    before = path.removeprefix("/api/v1/").split(f"/{{{name}}}")[0]
    return before if before.startswith("shipping") else before.rpartition("/")[2]


def _send(case: AnyCase, shop: Shop) -> Iterator[str]:
    for caller, headers in shop.callers.items():
        # The server would close a connection in a transaction that it has not begun: the test's.
        with mock.patch.object(connection, "close_if_unusable_or_obsolete"), _undone():
            response = case.call(headers=headers)
        for fault in _judge(case, response):
            yield f"{case.operation.label} as {caller}: {fault}"


def _judge(case: AnyCase, response: Response) -> list[str]:
    try:
        case.validate_response(response, checks=CHECKS)
    except FailureGroup as group:
        return [f"{response.status_code} {str(each)[:600]}" for each in group.exceptions]
    except Failure as failure:
        return [f"{response.status_code} {str(failure)[:600]}"]
    return []


@contextmanager
def _undone() -> Iterator[None]:
    before = transaction.savepoint()
    try:
        yield
    finally:
        connection.needs_rollback = False
        transaction.savepoint_rollback(before)
        connection.run_on_commit = []
