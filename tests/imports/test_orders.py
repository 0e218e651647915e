"""`manage.py import_orders` and `export_orders` in the native format."""

from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from analytics.models import SalesAggregate
from analytics.services.aggregates import refresh_stale_days
from common import outbox
from common.imports.listening import Mode
from common.models import Mail, OutboxEvent
from orders.models import Invoice, Order, OrderItem
from orders.services import invoices, life
from orders.services.invoices.issuing import NothingToInvoice
from payments.imports import service
from payments.imports.comparing import compare_orders
from payments.models import Payment, Refund
from payments.services import refunds
from products.models import StockMovement
from tests.factories.authentication import UserFactory
from tests.factories.products import ProductFactory
from tests.imports.conftest import ImportFile, UndoBatch, WriteFile
from tests.imports.test_undo import assert_integrity, database
from tests.integrity.conftest import books  # noqa: F401 - a fixture

COLUMNS = (
    *("order_number", "created_at", "status", "email", "shipping_cost", "discount", "tax", "total", "paid_at"),
    *("payment_method", "transaction_id", "sku", "product_name", "quantity", "price"),
    *("refund", "refund_line", "refunded_at", "refund_amount", "refund_quantity", "refund_by_lines"),
)
HEADER = ",".join(COLUMNS)
DAY = "2024-05-06T07:08:09+00:00"


def row(**cells: object) -> str:
    return ",".join(str(cells.get(column, "")) for column in COLUMNS)


def first(number: str = "A-1", **cells: object) -> str:
    known = {"created_at": DAY, "status": "delivered", "email": "ada@example.com", "paid_at": DAY}
    line = {"sku": "S", "product_name": "Socks", "quantity": 2, "price": "10.00"}
    return row(**{"order_number": number, **known, **line, **cells})


def more(number: str = "A-1", **cells: object) -> str:
    return row(**{"order_number": number, "sku": "H", "product_name": "Hat", "quantity": 1, "price": "5.00", **cells})


def refund(number: str = "A-1", **cells: object) -> str:
    known = {"refund": 1, "refunded_at": "2024-06-01T10:00:00+00:00"}
    return row(**{"order_number": number, **known, **cells})


SHOP = (
    first(
        shipping_cost="4.00", discount="5.00", tax="2.40", total="26.40", payment_method="stripe", transaction_id="ch_1"
    ),
    more(),
    refund(refund_line=1, refund_amount="8.80", refund_quantity=1, refund_by_lines="yes"),
    refund(refund_amount="2.00"),
    first("A-2", status="pending", paid_at=""),
    first("A-3", status="cancelled", paid_at=""),
    first("A-4", status="refunded"),
    refund("A-4", refund_line=1, refund_amount="20.00", refund_quantity=2),
    first("A-5", price="0.00"),
    first("A-6", status="shipped", email="=cmd@example.com"),
)


def exported() -> str:
    out = StringIO()
    call_command("export_orders", stdout=out)
    return out.getvalue()


def settle_cancelled() -> None:
    """Give back what was paid for an order that was cancelled, as the job does some seconds later."""
    owed = Payment.objects.filter(order__status="cancelled", status="succeeded")
    for payment_id in owed.values_list("id", flat=True):
        refund_row = refunds.refund_rest(payment_id=payment_id, reason="Cancelled")
        assert refund_row is not None
        refunds.submit_refund(refund_id=refund_row.pk)


def test_an_order_comes_with_lines_payment_and_refunds(import_orders: ImportFile, write_file: WriteFile) -> None:
    product = ProductFactory.create(sku="S", stock=7)

    outcome = import_orders(write_file(HEADER, *SHOP))

    assert (outcome.err, outcome.out) == ([], ["6 changed: 6 created, 0 updated, 0 unchanged, 0 refused"])
    order = Order.objects.get(order_number="A-1")
    assert (order.subtotal, order.discount, order.tax, order.total) == tuple(map(Decimal, ("25", "5", "2.40", "26.40")))
    lines = order.items.values_list("product", "product_sku", "discount_share", "tax_added", "untaken_quantity")
    assert list(lines) == [
        (product.pk, "S", Decimal(4), Decimal("1.92"), 2),
        (None, "H", Decimal(1), Decimal("0.48"), 1),
    ]
    payment = order.payments.get()
    assert (payment.payment_method, payment.payment_details) == ("manual", {"imported_method": "stripe"})
    assert (payment.status, payment.refunded_amount) == ("partially_refunded", Decimal("10.80"))
    assert Refund.objects.get(payment=payment).shipping_amount == 2
    assert_integrity()


def test_nothing_moves_and_nobody_is_written_to(import_orders: ImportFile, write_file: WriteFile) -> None:
    ProductFactory.create(sku="S", stock=7)
    movements = StockMovement.objects.count()

    import_orders(write_file(HEADER, *SHOP))
    outbox.relay()
    invoices.issue_missing()

    assert StockMovement.objects.count() == movements
    assert list(OutboxEvent.objects.values_list("name", flat=True)) == ["orders.imported"]
    assert not Mail.objects.exists()
    assert not Invoice.objects.exists()


def test_they_count_on_their_days(import_orders: ImportFile, write_file: WriteFile) -> None:
    import_orders(write_file(HEADER, *SHOP))
    assert_integrity(of="sales")
    outbox.relay()
    refresh_stale_days()

    found = SalesAggregate.objects.totals().order_by("date").values_list("date", "order_count", "revenue")
    assert [(day.isoformat(), orders, str(revenue)) for day, orders, revenue in found] == [
        ("2024-05-06", 4, "60.00"),
        ("2024-06-01", 0, "-28.80"),
    ]
    assert_integrity()


def test_an_imported_order_lives_on_here(import_orders: ImportFile, write_file: WriteFile) -> None:
    product = ProductFactory.create(sku="S", stock=7)
    import_orders(write_file(HEADER, *SHOP))

    life.cancel(order_number="A-2")
    refunds.refund_payment(payment_id=Payment.objects.get(order__order_number="A-6").pk, amount=Decimal("1.00"))
    outbox.relay()
    refresh_stale_days()

    product.refresh_from_db()
    assert product.stock_quantity == 9
    assert not Invoice.objects.exists()
    with pytest.raises(NothingToInvoice):
        invoices.issue_invoice(order_id=Order.objects.get(order_number="A-6").pk)
    assert_integrity()


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        ([first(total="21.00")], ["total_differs"]),
        ([first(discount="21.00")], ["discount_differs"]),
        ([first(status="refunded")], ["not_refunded"]),
        ([first(), refund(refund_line=1, refund_amount="20.00")], ["is_refunded", "order_refused"]),
        ([first(), refund(refund_line=1, refund_amount="21.00")], ["order_refused", "refund_too_high"]),
        ([first(), refund(refund_line=2, refund_amount="1.00")], ["no_such_line", "order_refused"]),
        ([first(paid_at="")], ["paid_without_time"]),
        ([first(status="pending")], ["pending_but_paid"]),
        ([first(status="pending", paid_at=""), refund(refund_amount="1.00")], ["order_refused", "refund_unpaid"]),
        ([first(status="lost")], ["unknown_status"]),
        ([first(created_at="2999-01-01")], ["in_the_future"]),
        ([first(email="")], ["required"]),
        ([first(quantity=0)], ["not_positive"]),
        ([first(price="-1")], ["negative"]),
        ([first(price="99999999", quantity=9)], ["too_large"]),
        ([first(), more(email="eve@example.com")], ["order_differs", "order_refused"]),
        ([first(), more(price="cheap")], ["not_a_number", "order_refused"]),
        ([first(transaction_id="t"), first("A-2", transaction_id="t")], ["transaction_taken"]),
        (
            [refund(created_at=DAY, status="delivered", email="a@example.com", paid_at=DAY, refund_amount=1)],
            ["no_lines"],
        ),
    ],
)
def test_wrong_orders_are_refused_whole(
    lines: list[str], codes: list[str], import_orders: ImportFile, write_file: WriteFile
) -> None:
    outcome = import_orders(write_file(HEADER, *lines, first("GOOD")))

    assert sorted(each.split("[")[-1].rstrip("]") for each in outcome.err) == codes
    assert "GOOD" in Order.objects.values_list("order_number", flat=True)
    assert outcome.out[-1].endswith(f"{len(codes)} refused")
    assert_integrity()


def test_another_currency_is_refused(import_orders: ImportFile, write_file: WriteFile) -> None:
    outcome = import_orders(write_file(f"{HEADER},currency", f"{first()},XAU"))

    assert outcome.err[0].endswith("the shop sells in another currency [other_currency]")


def test_the_same_file_again_writes_nothing(import_orders: ImportFile, write_file: WriteFile) -> None:
    path = write_file(HEADER, *SHOP)
    import_orders(path)
    before = database()

    assert import_orders(path).out == ["0 changed: 0 created, 0 updated, 6 unchanged, 0 refused"]
    assert database() == before


def test_a_dry_run_tells_and_writes_nothing(import_orders: ImportFile, write_file: WriteFile) -> None:
    before = database()

    outcome = import_orders(write_file(HEADER, first()), "--dry-run")

    assert outcome.out[0] == "line 2: create order A-1 status: None -> 'delivered'; total: None -> '20.00'"
    assert database() == before


def test_an_order_of_the_shop_is_never_changed(
    import_orders: ImportFile,
    tmp_path: Path,
    books: None,  # noqa: F811
) -> None:
    settle_cancelled()
    path = tmp_path / "orders.csv"
    path.write_text(exported(), encoding="utf-8", newline="")
    before = database()

    assert import_orders(path).out == ["0 changed: 0 created, 0 updated, 7 unchanged, 0 refused"]
    path.write_text(exported().replace("Ada Buyer", "Eve Thief"), encoding="utf-8", newline="")
    outcome = import_orders(path)

    assert {each.split("[")[-1] for each in outcome.err} == {"made_by_the_shop]"}
    assert database() == before


def test_a_verified_customer_gets_the_orders_another_does_not(import_orders: ImportFile, write_file: WriteFile) -> None:
    UserFactory.create(email="ada@example.com", email_verified_at=DAY)
    UserFactory.create(email="eve@example.com")

    import_orders(write_file(HEADER, first(), first("A-2", email="eve@example.com")))

    assert list(Order.objects.order_by("order_number").values_list("user__email", flat=True)) == [
        "ada@example.com",
        None,
    ]


def test_an_attempt_to_pay_is_not_swept_away_by_an_update(import_orders: ImportFile, write_file: WriteFile) -> None:
    import_orders(write_file(HEADER, first(status="pending", paid_at="")))
    Payment.objects.create(order=Order.objects.get(), amount=20, currency="USD", payment_method="manual")

    outcome = import_orders(write_file(HEADER, first(status="cancelled", paid_at="")))

    assert outcome.err[0].endswith("[changed_since]")
    assert Payment.objects.get().status == "pending"


def test_an_order_changed_while_the_file_is_read_stays(
    import_orders: ImportFile, write_file: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_orders(write_file(HEADER, first(status="processing")))
    compare = compare_orders

    def compare_and_ship(**mode: Mode) -> None:
        compare(**mode)
        life.ship(order_number="A-1", tracking_number="T")

    monkeypatch.setattr(service, "compare_orders", compare_and_ship)
    outcome = import_orders(write_file(HEADER, first(status="delivered")))

    assert outcome.err[0].endswith("[changed_since]")
    assert Order.objects.get().status == "shipped"


@pytest.mark.parametrize("fill", ["imported", "sold"])
def test_export_and_import_into_an_empty_shop_and_export_again(
    fill: str,
    import_orders: ImportFile,
    write_file: WriteFile,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    if fill == "sold":
        request.getfixturevalue("books")
        settle_cancelled()
    else:
        import_orders(write_file(HEADER, *SHOP))
    before = exported()
    path = tmp_path / "orders.csv"
    path.write_text(before, encoding="utf-8", newline="")
    _empty_all()

    outcome = import_orders(path)

    assert outcome.err == []
    assert exported() == before


def _empty_all() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("TRUNCATE orders_order, payments_payment CASCADE")


@pytest.mark.django_db(transaction=True)
def test_import_and_undo_leave_the_database_as_before(
    import_orders: ImportFile, undo_batch: UndoBatch, write_file: WriteFile
) -> None:
    ProductFactory.create(sku="S", stock=7)
    import_orders(write_file(HEADER, SHOP[0], *SHOP[1:3]))
    before = database()

    outcome = import_orders(write_file(HEADER, *SHOP))
    assert outcome.out == ["6 changed: 5 created, 1 updated, 0 unchanged, 0 refused"]
    undone = undo_batch(outcome.batch)

    assert undone.status == 0, undone.out
    assert database() == before
    assert_integrity()


@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [
        (lambda: life.ship(order_number="A-1", tracking_number="T"), "changed since"),
        (lambda: Order.objects.filter(order_number="A-1").update(notes="Call"), "changed since"),
        (
            lambda: Payment.objects.create(
                order=Order.objects.get(), amount=20, currency="USD", payment_method="manual", status="failed"
            ),
            "changed since: payments",
        ),
    ],
)
def test_what_somebody_changed_stays(
    meanwhile: Callable[[], object],
    reason: str,
    import_orders: ImportFile,
    undo_batch: UndoBatch,
    write_file: WriteFile,
) -> None:
    batch = import_orders(write_file(HEADER, first(status="processing"))).batch
    meanwhile()

    undone = undo_batch(batch)

    assert undone.out[0] == f"line 2: left order A-1 ({reason})"
    assert OrderItem.objects.count() == 1
