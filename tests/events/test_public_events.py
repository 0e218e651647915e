"""Which events leave the shop: every name that is emitted was decided on, one way or the other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from common.registry import public_events

ROOT = Path(__file__).resolve().parents[2]
APPS = ("authentication", "products", "shipping", "orders", "payments", "analytics", "common")
EMITTERS = {"emit", "emit_many", "_emit", "_tell", "announce"}
NAME = re.compile(r"[a-z]+\.[a-z_]+")

LOCKS = {"products.categories"}

# One-time links and the alarm of sign-ins; the notes of an import to the reports; a call that has to look again.
INSIDE = {"account.link_requested", "account.sign_in_alarm", "orders.imported", "payment.refunds_changed"}


def _called(node: ast.AST) -> str:
    function = node.func if isinstance(node, ast.Call) else None
    return getattr(function, "attr", getattr(function, "id", ""))


def _names(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    constants = {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.targets[0], ast.Name)
    }
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        inner = list(ast.walk(function))
        if not any(_called(node) in EMITTERS for node in inner):
            continue
        points = {id(part) for node in inner if _called(node) == "failpoint" for part in ast.walk(node)}
        for node in inner:
            value = node.value if isinstance(node, ast.Constant) else constants.get(getattr(node, "id", ""))
            if id(node) not in points and isinstance(value, str) and NAME.fullmatch(value) and value not in LOCKS:
                yield value


def test_every_event_that_is_emitted_was_decided_on() -> None:
    emitted = {name for app in APPS for path in (ROOT / app).rglob("*.py") for name in _names(path)}

    assert emitted == {name for name, _ in public_events} | INSIDE


def test_what_leaves_names_nobody() -> None:
    told = {field for _, event in public_events for field in event.fields}

    assert told == {
        *("order_id", "order_number", "product_id", "slug", "category_id", "variation_id", "quantity", "review_id"),
        *("user_id", "payment_id", "refund_id", "dispute_id", "amount", "currency", "is_surplus", "reason", "status"),
        "webhook_id",
    }
