"""The steps that write: carts, checkout, whole guest flows, webhooks, views and logins; and lists of orders."""

import hashlib
import hmac
import itertools
import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

from tests.benchmarks import wire
from tests.benchmarks.load import Session, single_calls
from tests.benchmarks.shop_data import PASSWORD, USERS, connected, read
from tests.benchmarks.stand import Stand, Step

ADDS_PER_CART = 4
WEBHOOK_SECRET = "bench-webhook-secret"
_ADDRESS = {"full_name": "Ada Guest", "address_line1": "1 Main Street", "city": "Springfield", "postal_code": "90210"}
ADDRESS = {**_ADDRESS, "country": "US", "state": "CA"}

# Carts with two lines each, under tokens that the caller knows.
_CARTS = """
WITH new_cart AS (
    INSERT INTO orders_cart (session_id)
    SELECT encode(sha256(token::bytea), 'hex') FROM unnest(%(tokens)s::text[]) token
    RETURNING id
)
INSERT INTO orders_cartitem (cart_id, product_id, quantity, price_seen)
SELECT c.id, p.id, 1, p.price
FROM (SELECT id, row_number() OVER () AS place FROM new_cart) c CROSS JOIN generate_series(0, %(lines)s - 1) k
JOIN products_product p ON p.id = (%(products)s::bigint[])[
    1 + (c.place * 7 + k * (1 + c.place %% 13)) %% cardinality(%(products)s::bigint[])]
ON CONFLICT DO NOTHING
"""
_PENDING = """
WITH new_order AS (
    INSERT INTO orders_order (status, shipping_method_id, subtotal, shipping_cost, tax, total, order_number, email,
        shipping_address_snapshot, billing_address_snapshot, shipping_method_name, currency, prices_include_tax,
        tax_lines, expires_at)
    SELECT 'pending', 1, 2 * p.price, 4.90, 0, 2 * p.price + 4.90, 'W' || upper(substr(n.mark, 1, 15)),
        'guest@shop.example', %(address)s, %(address)s, 'Standard', 'USD', false, '[]', now() + interval '1 day'
    FROM (SELECT k, md5(%(round)s || k) AS mark FROM generate_series(1, %(count)s) k) n
    JOIN products_product p ON p.id = (%(products)s::bigint[])[1 + n.k %% cardinality(%(products)s::bigint[])]
    RETURNING id, total, subtotal
), line AS (
    INSERT INTO orders_orderitem (order_id, quantity, price, total_price, product_name, product_sku, untaken_quantity)
    SELECT id, 2, subtotal / 2, subtotal, 'Something', 'SKU-OF-OLD', 2 FROM new_order
), new_payment AS (
    INSERT INTO payments_payment (order_id, amount, status, payment_method, transaction_id, currency)
    SELECT id, total, 'pending', 'dummy', 'dummy_ch_wh_' || id, 'USD' FROM new_order
    RETURNING id, amount, transaction_id
), charge AS (
    INSERT INTO payments_dummycharge (idempotency_key, transaction_id, amount, currency, status, token)
    SELECT id, transaction_id, amount, 'USD', 'pending', 'tok_pending' FROM new_payment
)
SELECT id, amount::text, transaction_id FROM new_payment
"""


def make_carts(stand: Stand, count: int, *, products: list[int] | None = None, lines: int = 2) -> list[str]:
    """The tokens of so many new carts of guests."""
    tokens = [uuid.uuid4().hex for _ in range(count)]
    goods = products or stand.supplies.sellable
    with connected(stand.database_url) as cursor:
        cursor.execute(_CARTS, {"tokens": tokens, "products": goods, "lines": lines})
        cursor.execute("ANALYZE orders_cart, orders_cartitem")
    return tokens


def checkout(token: str) -> bytes:
    """The order of a guest's cart."""
    wish = {"shipping_address": ADDRESS, "shipping_method": 1, "email": f"guest-{token[:12]}@shop.example"}
    return wire.post("/checkout/", wish, X_Cart_Token=token)


def checkouts(stand: Stand, count: int) -> Iterator[bytes]:
    """Orders of carts that were filled before."""
    return iter([checkout(token) for token in make_carts(stand, count)])


def _add(product_id: int, token: str = "") -> bytes:
    line = {"product": product_id, "quantity": 1}
    return wire.post("/cart/items/", line, X_Cart_Token=token) if token else wire.post("/cart/items/", line)


def _carts(stand: Stand, _count: int) -> Iterator[Session]:
    """Each guest puts some things into a new cart, one after the other."""
    goods = itertools.cycle(stand.supplies.sellable)

    def fill() -> Session:
        token = ""
        for _ in range(ADDS_PER_CART):
            answer = yield _add(next(goods), token)
            token = token or str(json.loads(answer.body)["token"])

    while True:
        yield fill()


def _flows(stand: Stand, _count: int) -> Iterator[Session]:
    """Each guest fills a cart with two things, orders and pays."""
    goods = itertools.cycle(stand.supplies.sellable)

    def buy() -> Session:
        answer = yield _add(next(goods))
        token = str(json.loads(answer.body)["token"])
        yield _add(next(goods), token)
        answer = yield checkout(token)
        order: dict[str, Any] = json.loads(answer.body)
        yield wire.post(
            f"/orders/{order['order_number']}/payments/",
            {"payment_method": "dummy", "details": {"token": "tok_ok"}},
            X_Order_Token=order["access_token"],
            Idempotency_Key=token,
        )

    while True:
        yield buy()


def _webhooks(stand: Stand, count: int) -> Iterator[Session]:
    """Each event tells of another payment that it succeeded, signed just now."""
    asked = {
        "round": uuid.uuid4().hex,
        "count": count,
        "products": stand.supplies.sellable,
        "address": json.dumps(ADDRESS),
    }
    rows = read(stand.database_url, _PENDING, asked)
    return single_calls([_event(*row) for row in rows])


def _event(payment_id: int, amount: str, transaction_id: str) -> bytes:
    data = {"payment": str(payment_id), "transaction_id": transaction_id, "amount": amount, "currency": "USD"}
    event = {"id": f"evt_{payment_id}", "type": "charge.succeeded", "data": data}
    body = json.dumps(event).encode()
    moment = int(time.time())
    signed = hmac.new(WEBHOOK_SECRET.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return wire.post_bytes("/payments/webhooks/dummy/", body, Dummy_Signature=f"t={moment},v1={signed}")


def _views(stand: Stand, _count: int) -> Iterator[Session]:
    visitors = [str(uuid.UUID(int=stand.supplies.chance(str(n)).getrandbits(128), version=4)) for n in range(200)]
    pairs = zip(itertools.cycle(stand.supplies.slugs), itertools.cycle(visitors), strict=False)
    return single_calls(
        itertools.cycle(
            [
                wire.post("/analytics/product-views/", {"product": slug}, X_Visitor_ID=visitor)
                for slug, visitor in itertools.islice(pairs, 1_000)
            ]
        )
    )


def _logins(stand: Stand, _count: int) -> Iterator[Session]:
    people = itertools.cycle(range(2, min(USERS, 500)))
    return single_calls(
        wire.post("/auth/token/", {"email": f"user-{n}@shop.example", "password": PASSWORD}) for n in people
    )


def _order_list(stand: Stand, _count: int) -> Iterator[Session]:
    """Staff leaf through all orders: the newest, those of a state, and on to the next pages."""
    bearer = f"Bearer {staff_token(stand)}"
    starts = itertools.cycle(["/orders/", "/orders/?status=delivered", "/orders/?status=pending"])

    def leaf() -> Session:
        path = next(starts)
        for _ in range(5):
            answer = yield wire.get(path, Authorization=bearer)
            following = json.loads(answer.body)["next"]
            if not following:
                break
            path = following.partition(wire.API)[2]

    while True:
        yield leaf()


def staff_token(stand: Stand) -> str:
    """The access token of somebody who may do everything; asked for once."""
    if "staff" not in stand.tokens:
        asked = wire.post("/auth/token/", {"email": "user-1@shop.example", "password": PASSWORD})
        stand.tokens["staff"] = json.loads(stand.shop.ask(asked).body)["access"]
    return stand.tokens["staff"]


CREATED = frozenset({201})
WRITES = (
    Step("CART ADD", _carts, good=CREATED),
    Step("CHECKOUT", lambda stand, count: single_calls(checkouts(stand, count)), good=CREATED),
    Step("FLOW", _flows, good=CREATED, calls=4),
    Step("ORDER LIST", _order_list),
    Step("WEBHOOK", _webhooks),
    Step("VIEW", _views, good=frozenset({202})),
    Step("LOGIN", _logins),
)
