"""The UCI data set as orders: each line sold, refunded or refused; the days' revenue as worked out by hand."""

import os
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Sum

from analytics.models import SalesAggregate
from analytics.services.aggregates import refresh_stale_days
from authentication.models import User
from common import outbox
from common.models import Mail
from orders.models import Invoice, Order, OrderItem
from payments.models import Payment, Refund
from products.models import Product, StockMovement
from tests.factories.authentication import UserFactory
from tests.factories.products import ProductFactory
from tests.imports.conftest import ImportFile, UndoBatch, WriteFile
from tests.imports.test_undo import assert_integrity, database
from tests.imports.uci_by_hand import Books

DECEMBER = Path(__file__).parent.parent / "data" / "uci-online-retail" / "december-2010.csv.gz"
HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
SALES = (
    "536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom",
    "536365,85123a,HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom",
    "536365,71053,LANTERN,2,2010-12-01 08:27:00,3.39,17850.0,United Kingdom",
    "536366,POST,POSTAGE,1,2010-12-02 09:00:00,18.00,,EIRE",
    "536367,22960,JAM,1,2010-12-02 10:00:00,0.0,17850.0,United Kingdom",
)


def of(outcome_lines: list[str]) -> dict[str, int]:
    """The table of counts that the command prints, by rule."""
    rows = (line.strip().split("  ", 1) for line in outcome_lines if "  " in line.strip())
    return {told: int(count.replace(",", "")) for count, told in rows}


def totals() -> dict[str, Decimal]:
    """What analytics counted, by day."""
    rows = SalesAggregate.objects.totals().values_list("date", "revenue")
    return {day.isoformat(): revenue for day, revenue in rows}


def test_lines_become_orders_customers_and_products(import_orders: ImportFile, write_file: WriteFile) -> None:
    outcome = import_orders(write_file(HEADER, *SALES))

    assert outcome.err == []
    assert outcome.out[-1] == "3 changed: 3 created, 0 updated, 0 unchanged, 0 refused"
    order = Order.objects.get(order_number="536365")
    assert (order.status, order.email, str(order.total)) == ("delivered", "17850@example.invalid", "37.38")
    assert order.created_at.isoformat() == order.paid_at.isoformat() == "2010-12-01T08:26:00+00:00"  # type: ignore[union-attr]
    assert order.user == User.objects.get(email="17850@example.invalid")
    assert order.shipping_address_snapshot["country"] == "GB"
    assert list(order.items.values_list("product_sku", "quantity", "product__sku")) == [
        ("85123A", 6, "85123A"),
        ("85123A", 6, "85123A"),
        ("71053", 2, "71053"),
    ]
    payment = order.payments.get()
    assert (payment.payment_method, payment.status, payment.amount) == ("manual", "succeeded", order.total)


def test_a_line_without_customer_is_a_guests(import_orders: ImportFile, write_file: WriteFile) -> None:
    import_orders(write_file(HEADER, *SALES))

    order = Order.objects.get(order_number="536366")

    assert (order.user, order.email) == (None, "guest-536366@example.invalid")
    assert order.shipping_address_snapshot["country"] == "IE"


def test_what_costs_nothing_needs_no_payment(import_orders: ImportFile, write_file: WriteFile) -> None:
    import_orders(write_file(HEADER, *SALES))

    order = Order.objects.get(order_number="536367")

    assert (str(order.total), order.status, order.payments.count()) == ("0.00", "delivered", 0)
    assert order.paid_at is not None


def test_new_products_are_bare_and_not_offered(import_orders: ImportFile, write_file: WriteFile) -> None:
    ProductFactory.create(sku="71053", name="Ours", price=9, stock=4)

    import_orders(write_file(HEADER, *SALES))

    rows = Product.objects.order_by("sku").values_list("sku", "name", "price", "is_active", "stock_quantity")
    assert list(rows) == [
        ("22960", "JAM", 0, False, 0),
        ("71053", "Ours", 9, True, 4),
        ("85123A", "HEART", Decimal("2.55"), False, 0),
        ("POST", "POSTAGE", 18, False, 0),
    ]


def test_stock_mails_and_invoices_stay_as_they_are(import_orders: ImportFile, write_file: WriteFile) -> None:
    ProductFactory.create(sku="71053", stock=4)
    movements = StockMovement.objects.count()

    import_orders(write_file(HEADER, *SALES))
    outbox.relay()
    refresh_stale_days()

    assert StockMovement.objects.count() == movements
    assert not Mail.objects.exists()
    assert not Invoice.objects.exists()
    assert_integrity()


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("A563185,B,Adjust bad debt,1,2011-08-12 14:50:00,11062.06,,United Kingdom", "bad_debt"),
        ("C540001,AMAZONFEE,AMAZON FEE,-1,2011-01-05 10:00:00,100.00,,United Kingdom", "own_cost"),
        ("C536379,D,Discount,-1,2010-12-01 09:41:00,27.50,14527.0,United Kingdom", "later_discount"),
        ("C540002,22960,JAM,-1,2011-01-05 10:00:00,1.25,,United Kingdom", "cancels_for_nobody"),
        ("C540003,22960,JAM,-1,2011-01-05 10:00:00,1.25,1.0,United Kingdom", "nothing_to_cancel"),
        ("C540004,22960,JAM,1,2011-01-05 10:00:00,1.25,1.0,United Kingdom", "not_a_cancellation"),
        ("536589,21777,,-10,2010-12-01 16:50:00,0.0,,United Kingdom", "stock_adjustment"),
        ("536590,21777,?,1,2010-12-01 16:50:00,-1.00,1.0,United Kingdom", "negative_price"),
        ("536414,22139,,56,2010-12-01 11:52:00,0.0,,United Kingdom", "no_price"),
        ("550193,PADS,PADS,1,2011-04-15 09:27:00,0.001,13952.0,United Kingdom", "too_many_decimals"),
        ("536365,71053,LANTERN,1,2010-12-01 08:26:00,3.39,1.0,France", "other_buyer"),
        ("536400,71053,LANTERN,1,yesterday,3.39,1.0,France", "bad_date"),
        ("536400,71053,LANTERN,1,2010-12-01 08:26:00,3.39,1.0,Atlantis", "unknown_country"),
        ("536400,71053,LANTERN,0,2010-12-01 08:26:00,3.39,1.0,France", "no_quantity"),
        ("536400,,LANTERN,1,2010-12-01 08:26:00,3.39,1.0,France", "required"),
        ("536400,71053,LANTERN", "ragged_row"),
    ],
)
def test_what_no_order_can_hold_is_refused_alone(
    line: str, code: str, import_orders: ImportFile, write_file: WriteFile
) -> None:
    outcome = import_orders(write_file(HEADER, *SALES, line))

    assert outcome.status == 2
    assert [each.split("[")[-1] for each in outcome.err] == [f"{code}]"]
    assert outcome.err[0].startswith("line 7,")
    assert outcome.out[-1] == "3 changed: 3 created, 0 updated, 0 unchanged, 1 refused"
    assert of(outcome.out)["lines in all"] == 6


def test_a_cancellation_refunds_the_earliest_units_on_its_day(import_orders: ImportFile, write_file: WriteFile) -> None:
    outcome = import_orders(
        write_file(
            HEADER,
            "500001,X,THING,3,2010-12-01 08:00:00,2.00,7.0,France",
            "500002,X,THING,3,2010-12-02 08:00:00,2.00,7.0,France",
            "500002,Y,OTHER,1,2010-12-02 08:00:00,5.00,7.0,France",
            "C500003,X,THING,-4,2010-12-03 08:00:00,2.00,7.0,France",
            "C500004,X,THING,-3,2010-12-04 08:00:00,2.00,7.0,France",  # two are left
            "C500005,X,THING,-2,2010-12-05 08:00:00,2.00,7.0,France",
            "C500006,X,THING,-1,2010-12-05 08:00:00,1.00,7.0,France",  # another price
        )
    )

    assert [line.split(",")[0] for line in outcome.err] == ["line 6", "line 8"]
    refunds = Refund.objects.order_by("id").values_list(
        "payment__order__order_number", "amount", "reason", "succeeded_at__date", "items__quantity", "restock"
    )
    assert [tuple(map(str, row)) for row in refunds] == [
        ("500001", "6.00", "Cancelled by C500003", "2010-12-03", "3", "False"),
        ("500002", "2.00", "Cancelled by C500003", "2010-12-03", "1", "False"),
        ("500002", "4.00", "Cancelled by C500005", "2010-12-05", "2", "False"),
    ]
    assert dict(Order.objects.values_list("order_number", "status")) == {"500001": "refunded", "500002": "delivered"}
    assert dict(Payment.objects.values_list("order__order_number", "status")) == {
        "500001": "refunded",
        "500002": "partially_refunded",
    }
    assert_integrity(of="payments")


def test_units_sold_later_are_not_cancelled(import_orders: ImportFile, write_file: WriteFile) -> None:
    outcome = import_orders(
        write_file(
            HEADER,
            "C500001,X,THING,-1,2010-12-01 08:00:00,2.00,7.0,France",
            "500002,X,THING,1,2010-12-02 08:00:00,2.00,7.0,France",
        )
    )

    assert outcome.err[0].endswith("[nothing_to_cancel]")
    assert not Refund.objects.exists()


def test_the_same_file_again_writes_nothing(import_orders: ImportFile, write_file: WriteFile) -> None:
    path = write_file(HEADER, *SALES)
    import_orders(path)
    before = database()

    again = import_orders(path)

    assert again.out[-1] == "0 changed: 0 created, 0 updated, 3 unchanged, 0 refused"
    assert database() == before
    assert again.batch == 0


def test_a_longer_file_updates_what_nobody_changed(import_orders: ImportFile, write_file: WriteFile) -> None:
    import_orders(write_file(HEADER, *SALES))
    Order.objects.filter(order_number="536366").update(notes="Called the customer")

    cancelled = "C536400,71053,LANTERN,-2,2010-12-09 10:00:00,3.39,17850.0,United Kingdom"
    outcome = import_orders(write_file(HEADER, *SALES, cancelled))

    assert outcome.err[0].endswith("the order was changed since it was imported [changed_since]")
    assert outcome.out[-1] == "1 changed: 0 created, 1 updated, 1 unchanged, 1 refused"
    assert Refund.objects.get().payment.order.order_number == "536365"
    assert list(Order.objects.get(order_number="536365").events.values_list("code", flat=True)) == [
        "imported",
        "import_updated",
    ]
    assert_integrity(of="orders")


def test_an_account_that_somebody_made_here_gets_no_orders(import_orders: ImportFile, write_file: WriteFile) -> None:
    UserFactory.create(email="17850@example.invalid")

    import_orders(write_file(HEADER, *SALES))

    assert Order.objects.get(order_number="536365").user is None


@pytest.mark.django_db(transaction=True)
def test_import_and_undo_leave_the_database_as_before(
    import_orders: ImportFile, undo_batch: UndoBatch, write_file: WriteFile
) -> None:
    ProductFactory.create(sku="71053", stock=4)
    import_orders(write_file(HEADER, *SALES[:3]))
    outbox.relay()
    refresh_stale_days()
    before = database()

    cancelled = "C536400,71053,LANTERN,-2,2010-12-09 10:00:00,3.39,17850.0,United Kingdom"
    outcome = import_orders(write_file(HEADER, *SALES, cancelled))
    assert outcome.out[-1] == "3 changed: 2 created, 1 updated, 0 unchanged, 0 refused"
    outbox.relay()
    refresh_stale_days()
    undone = undo_batch(outcome.batch)
    outbox.relay()
    refresh_stale_days()

    assert undone.status == 0, undone.out
    after = database()
    for counted in ("analytics_aggregatedday", "common_outboxdelivery"):  # days that were counted stay known
        before.pop(counted, None)
        after.pop(counted, None)
    assert after == before
    assert_integrity()


def test_an_order_in_use_stays(import_orders: ImportFile, undo_batch: UndoBatch, write_file: WriteFile) -> None:
    batch = import_orders(write_file(HEADER, *SALES)).batch
    Order.objects.filter(order_number="536366").update(tracking_number="T1")

    undone = undo_batch(batch)

    assert undone.status == 2
    assert "line 5: left order 536366 (changed since)" in undone.out
    assert list(Order.objects.values_list("order_number", flat=True)) == ["536366"]
    assert list(Product.objects.values_list("sku", flat=True)) == ["POST"]
    assert not User.objects.exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(1200)
def test_every_line_of_the_file_is_accounted_for(import_orders: ImportFile) -> None:
    """December 2010, or the whole file where UCI_ONLINE_RETAIL names it."""
    path = Path(os.environ.get("UCI_ONLINE_RETAIL", DECEMBER))
    by_hand = Books().read(path)

    outcome = import_orders(path)
    outbox.relay()
    refresh_stale_days()

    counts = of(outcome.out)
    assert counts["lines in all"] == by_hand.lines.total()
    assert OrderItem.objects.count() == by_hand.lines["sold"]
    assert counts["refunded: cancels units sold before"] == by_hand.lines["cancelled"]
    assert len(outcome.err) == by_hand.lines["refused"]
    assert Order.objects.count() == len(by_hand.invoices)
    assert totals() == dict(by_hand.revenue)
    assert Payment.objects.aggregate(sum=Sum("amount"))["sum"] == Order.objects.aggregate(sum=Sum("total"))["sum"]
    assert_integrity()
    assert import_orders(path).out[-1].startswith("0 changed")
