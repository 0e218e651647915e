"""A shop that anything may happen to, in any order: what hypothesis plays with."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any, ClassVar

from django.db import connection, transaction
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from rest_framework.test import APIClient

from authentication.tokens import AccessToken
from common import outbox
from common.errors import DomainError
from config.celery import app
from orders.services import life
from payments.gateways import bulkhead
from payments.models import DummyCharge, DummyRefund, Payment, Refund
from payments.services import reconciliation
from products.models import Product
from products.services import stock
from products.services.stock import StockKey
from tests.factories.authentication import UserFactory
from tests.factories.orders import ADDRESS, CouponFactory, TaxRateFactory
from tests.factories.payments import a_while_later, breaches
from tests.factories.products import ProductFactory, VariationFactory
from tests.factories.shipping import ShippingMethodFactory
from tests.payments.webhooks import charge_event, send

REFUSALS = frozenset({400, 404, 409})
TOKENS = ("tok_ok", "tok_ok", "tok_declined", "tok_pending", "tok_timeout", "tok_refund_timeout", "tok_refund_refused")
_keys = count(1)
_any = st.integers(min_value=0, max_value=11)
_few = st.integers(min_value=1, max_value=3)


class ShopMachine(RuleBasedStateMachine):
    """Two customers, a cashier, three things in short supply, and a coupon that may be used twice."""

    done: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.were_eager = app.conf.task_always_eager
        app.conf.task_always_eager = True
        self.run = transaction.atomic()
        self.run._from_testcase = True  # type: ignore[attr-defined]  # as in Django's own: not a transaction of ours
        self.run.__enter__()
        self.order_numbers: list[str] = []

    @initialize()
    def open_shop(self) -> None:
        """A shop with two orders, one of them paid, so that every run has something to refund and to cancel."""
        plain, cheap = (
            ProductFactory.create(stock=4, price=Decimal("19.99")),
            ProductFactory.create(stock=3, price="0.35"),
        )
        sized = VariationFactory.create(stock=2)
        self.things = [StockKey(plain.id, None), StockKey(cheap.id, None), StockKey(sized.product_id, sized.id)]
        self.method_id = ShippingMethodFactory.create(price=Decimal("4.95")).id
        TaxRateFactory.create(rate=Decimal("8.875"), applies_to_shipping=True)
        self.code = CouponFactory.create(max_uses=2, value=Decimal(15)).code
        self.customers = [_client(UserFactory.create()) for _ in range(2)]
        self.cashier = _client(UserFactory.create(is_superuser=True, is_staff_member=True))
        self.buy(who=0, thing=0, quantity=2)
        self.buy(who=1, thing=2, quantity=1)
        self.pay(which=0, token="tok_ok")

    def teardown(self) -> None:
        """Let the jobs finish what is open; then every book must be right."""
        try:
            a_while_later()
            _work()
            reconciliation.reconcile(now=timezone.now() + timedelta(hours=2))
            _work()
            found = breaches()
            assert not found, found
            assert not Refund.objects.under_way().exists()
            assert _money_at_the_gateway() == _money_in_the_books()
        finally:
            transaction.set_rollback(True)
            self.run.__exit__(None, None, None)
            app.conf.task_always_eager = self.were_eager

    @rule(who=_any, thing=_any, quantity=_few)
    def put_into_cart(self, who: int, thing: int, quantity: int) -> None:
        key = self.things[thing % 3]
        body = {"product": key.product_id, "variation": key.variation_id, "quantity": quantity}
        self._ask("cart", self.customers[who % 2], "cart/items/", body)

    @rule(who=_any)
    def want_discount(self, who: int) -> None:
        self._ask("coupon", self.customers[who % 2], "cart/coupon/", {"code": self.code})

    @rule(who=_any, thing=_any, quantity=_few)
    def buy(self, who: int, thing: int, quantity: int) -> None:
        self.put_into_cart(who, thing, quantity)
        self.order(who)

    @rule(who=_any)
    def order(self, who: int) -> None:
        wish = {"shipping_address": ADDRESS, "shipping_method": self.method_id}
        body = self._ask("checkout", self.customers[who % 2], "checkout/", wish)
        if body:
            self.order_numbers.append(body["order_number"])

    @rule(thing=_any, delta=st.integers(min_value=-2, max_value=3))
    def count_stock(self, thing: int, delta: int) -> None:
        try:
            stock.adjust(key=self.things[thing % 3], delta=delta, note="Counted")
        except DomainError as error:
            assert error.code == "out_of_stock"  # noqa: PT017 - both ways are right

    @rule(thing=_any, cents=st.integers(min_value=0, max_value=5000))
    def change_price(self, thing: int, cents: int) -> None:
        path = f"products/{Product.objects.get(id=self.things[thing % 3].product_id).slug}/"
        answer = self.cashier.patch(f"/api/v1/{path}", {"price": f"{Decimal(cents) / 100:.2f}"}, format="json")
        assert answer.status_code == 200, answer.content

    @precondition(lambda self: self.order_numbers)
    @rule(which=_any, token=st.sampled_from(TOKENS))
    def pay(self, which: int, token: str) -> None:
        card = {"payment_method": "dummy", "details": {"token": token}}
        self._ask("payment", self.cashier, f"orders/{self._number(which)}/payments/", card)

    @precondition(lambda self: self.order_numbers)
    @rule(which=_any)
    def promise_transfer(self, which: int) -> None:
        self._ask("transfer", self.cashier, f"orders/{self._number(which)}/payments/", {"payment_method": "manual"})

    @precondition(lambda self: Payment.objects.filter(payment_method="manual").exists())
    @rule(which=_any)
    def book_transfer(self, which: int) -> None:
        payment = _pick(Payment.objects.filter(payment_method="manual"), which)
        self._ask("capture", self.cashier, f"payments/{payment.id}/capture/", {})

    @precondition(lambda self: DummyCharge.objects.exists())
    @rule(which=_any, kind=st.sampled_from(("succeeded", "failed")), times=st.integers(min_value=1, max_value=2))
    def hear_from_gateway(self, which: int, kind: str, times: int) -> None:
        charge = _pick(DummyCharge.objects.all(), which)
        event = charge_event(Payment.objects.get(id=charge.idempotency_key), kind)
        for _ in range(times):
            assert send(APIClient(), event).status_code == 200
        self.done["webhook"] += 1

    @precondition(lambda self: Payment.objects.with_money_left().exists())
    @rule(which=_any, cents=st.integers(min_value=1, max_value=3000), restock=st.booleans(), whole=st.booleans())
    def refund_amount(self, which: int, cents: int, restock: bool, whole: bool) -> None:
        payment = _pick(Payment.objects.with_money_left(), which)
        amount = payment.amount - payment.refunded_amount if whole else Decimal(cents) / 100
        body = {"amount": f"{amount:.2f}", "restock": restock}
        self._ask("refund", self.cashier, f"payments/{payment.id}/refunds/", body)

    @precondition(lambda self: Payment.objects.with_money_left().exists())
    @rule(which=_any, thing=_any, quantity=_few, shipping=st.booleans())
    def refund_line(self, which: int, thing: int, quantity: int, shipping: bool) -> None:
        payment = _pick(Payment.objects.with_money_left(), which)
        line = _pick(payment.order.items, thing)
        body = {"items": [{"order_item": line.id, "quantity": quantity}], "shipping": shipping, "restock": thing < 8}
        self._ask("refund of lines", self.cashier, f"payments/{payment.id}/refunds/", body)

    @precondition(lambda self: self.order_numbers)
    @rule(which=_any)
    def cancel(self, which: int) -> None:
        self._ask("cancel", self.cashier, f"orders/{self._number(which)}/cancel/", {})

    @precondition(lambda self: self.order_numbers)
    @rule(which=_any, move=st.sampled_from(("process", "ship", "deliver")))
    def fulfil(self, which: int, move: str) -> None:
        self._ask("fulfil", self.cashier, f"orders/{self._number(which)}/{move}/", {})

    @rule(hours=st.sampled_from((1, 24 * 8)))
    def let_time_pass(self, hours: int) -> None:
        self.done["expiry"] += life.expire_unpaid(now=timezone.now() + timedelta(hours=hours))

    @rule()
    def run_jobs(self) -> None:
        _work()
        reconciliation.reconcile(now=timezone.now() + timedelta(minutes=2))
        _work()

    def _ask(self, what: str, client: APIClient, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """The body of a good answer; None where the shop refuses, which it may."""
        bulkhead.forget()  # silences in a row are part of the game
        answer = client.post(f"/api/v1/{path}", body, format="json", headers={"Idempotency-Key": f"key-{next(_keys)}"})
        if answer.status_code in REFUSALS:
            return None
        assert answer.status_code in {200, 201}, answer.content
        self.done[what] += 1
        said: dict[str, Any] = answer.json()
        return said

    def _number(self, which: int) -> str:
        return self.order_numbers[which % len(self.order_numbers)]


def _client(user: Any) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(user)}")
    return client


def _pick(queryset: Any, which: int) -> Any:
    rows = list(queryset.order_by("id"))
    return rows[which % len(rows)]


def _work() -> None:
    """The relay, and what it hands to the worker on commit, which never comes inside of a run's own transaction."""
    bulkhead.forget()
    outbox.relay()
    waiting, connection.run_on_commit = connection.run_on_commit, []
    for _savepoints, task, *_ in waiting:
        task()


def _money_at_the_gateway() -> Decimal:
    charged = sum(DummyCharge.objects.filter(status="succeeded").values_list("amount", flat=True), Decimal(0))
    return charged - sum(DummyRefund.objects.values_list("amount", flat=True), Decimal(0))


def _money_in_the_books() -> Decimal:
    captured = Payment.objects.filter(payment_method="dummy", status__in=Payment.CAPTURED)
    return sum((payment.amount - payment.refunded_amount for payment in captured), Decimal(0))
