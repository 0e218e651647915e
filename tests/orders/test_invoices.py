"""GET orders/{n}/invoices/ and orders/{n}/invoices/{number}/; issuing without gaps and without change."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.db import InternalError, connection, transaction
from django.db.utils import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader
from pytest_django import Settings
from rest_framework.test import APIClient

from authentication.models import User
from common import outbox
from common.integrity import run_checks
from common.models import Mail, OutboxEvent
from common.tokens import hash_token
from orders.models import Invoice, InvoiceCounter, Order
from orders.services import invoices, life
from orders.tasks import issue_missing_invoices
from tests.conftest import ApiClientFor
from tests.factories.authentication import UserFactory, grant, staff_user
from tests.factories.mails import MailFactory
from tests.factories.orders import placed_order
from tests.factories.products import ProductFactory
from tests.live import all_at_once

SELLER = {"name": "Łódź Goods", "address": ["Main Street 1", "1010 Wien"], "tax_id": "ATU123", "email": ""}


@transaction.atomic
def confirmed(price: str = "19.90", **fields: Any) -> Order:
    """A paid order of one unit whose event waits for the relay."""
    order = placed_order((ProductFactory.create(name="Müsli & Co", price=Decimal(price)), 1), **fields)
    life.add_event(order=order, code="placed")
    life.confirm_paid(order=order)
    return order


def invoiced(**fields: Any) -> Order:
    order = confirmed(**fields)
    invoices.issue_invoice(order_id=order.pk)
    return order


def address(order: Order, number: str = "") -> str:
    return f"/api/v1/orders/{order.order_number}/invoices/" + (f"{number}/" if number else "")


def breaches() -> list[str]:
    return [breach for result in run_checks() if "invoices" in result.name for breach in result.breaches]


@pytest.mark.django_db
def test_a_paid_order_gets_one_invoice_and_a_pending_one_none(user: User, user_client: APIClient) -> None:
    pending = placed_order(user=user)
    order = confirmed(user=user)
    outbox.relay()
    outbox.relay()
    invoices.issue_invoice(order_id=order.pk)

    assert user_client.get(address(pending)).json() == {"results": []}
    (listed,) = user_client.get(address(order)).json()["results"]
    assert {name: listed[name] for name in ("number", "kind", "total", "currency")} == {
        "number": "INV-000001",
        "kind": "invoice",
        "total": "19.90",
        "currency": "USD",
    }
    with pytest.raises(invoices.issuing.NothingToInvoice):
        invoices.issue_invoice(order_id=pending.pk)


@pytest.mark.django_db
def test_the_invoice_in_json(user: User, user_client: APIClient, settings: Settings) -> None:
    settings.SHOP_SELLER = SELLER
    order = invoiced(user=user, shipping_cost=Decimal("5.00"))

    answer = user_client.get(address(order, "INV-000001"))

    body = answer.json()
    line = order.items.get()
    assert answer.headers["Content-Type"] == "application/json"
    assert body.pop("issued_at")
    assert body == {
        "number": "INV-000001",
        "kind": "invoice",
        "order_number": order.order_number,
        "corrects": None,
        "seller": SELLER,
        "buyer": order.billing_address_snapshot,
        "lines": [
            {
                "name": "Müsli & Co",
                "variation_name": "",
                "sku": line.product_sku,
                "quantity": 1,
                "price": "19.90",
                "total_price": "19.90",
                "tax_rate": "0",
                "tax": "0.00",
            }
        ],
        "tax_lines": [],
        "reason": "",
        "subtotal": "19.90",
        "discount": "0.00",
        "shipping_cost": "5.00",
        "tax": "0.00",
        "tax_included": "0.00",
        "total": "24.90",
        "currency": "USD",
    }


@pytest.mark.django_db
def test_the_invoice_as_a_page_escapes_what_it_shows(user: User, user_client: APIClient) -> None:
    order = invoiced(user=user)

    answer = user_client.get(address(order, "INV-000001"), headers={"Accept": "text/html"})

    page = answer.content.decode()
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Invoice INV-000001" in page
    assert "Müsli &amp; Co" in page
    assert "19.90 USD" in page
    assert "<script" not in page


@pytest.mark.django_db
def test_the_invoice_as_a_pdf(user: User, user_client: APIClient, settings: Settings) -> None:
    settings.SHOP_SELLER = SELLER
    order = invoiced(user=user)

    answer = user_client.get(address(order, "INV-000001"), headers={"Accept": "application/pdf"})
    again = user_client.get(address(order, "INV-000001"), headers={"Accept": "application/pdf"})

    text = "\n".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'inline; filename="INV-000001.pdf"'
    for part in ("INV-000001", "19.90 USD", "Łódź Goods", "Tax ID ATU123", "Müsli & Co", "Ada Buyer"):
        assert part in text
    assert again.content == answer.content
    assert again.headers["ETag"] == answer.headers["ETag"]


@pytest.mark.django_db
def test_a_long_order_takes_several_pages(user: User, user_client: APIClient) -> None:
    with transaction.atomic():
        order = placed_order(*[(ProductFactory.create(name=f"Thing {n}"), 1) for n in range(60)], user=user)
        life.confirm_paid(order=order)
    invoices.issue_invoice(order_id=order.pk)

    answer = user_client.get(address(order, "INV-000001"), headers={"Accept": "application/pdf"})

    pages = PdfReader(BytesIO(answer.content)).pages
    assert len(pages) > 1
    assert "Thing 59" in "".join(page.extract_text() for page in pages)
    assert f"page 1 of {len(pages)}" in pages[0].extract_text()


@pytest.mark.django_db
@pytest.mark.parametrize("accept", ["application/json", "text/html", "application/pdf"])
def test_a_stranger_finds_nothing_in_any_form(user_client: APIClient, guest: APIClient, accept: str) -> None:
    order = invoiced(user=None, access_token_hash=hash_token("secret"))
    headers = {"Accept": accept}

    for client in (user_client, guest):
        assert client.get(address(order), headers={"X-Order-Token": "wrong"}).status_code == 404
        answer = client.get(address(order, "INV-000001"), headers=headers)
        assert answer.status_code == 404
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "not_found"
    own = guest.get(address(order, "INV-000001"), headers={**headers, "X-Order-Token": "secret"})
    assert own.status_code == 200


@pytest.mark.django_db
def test_an_invoice_is_found_under_its_own_order_only(user: User, user_client: APIClient) -> None:
    first, second = invoiced(user=user), invoiced(user=user)

    assert user_client.get(address(first, "INV-000001")).status_code == 200
    assert user_client.get(address(second, "INV-000001")).status_code == 404
    assert user_client.get(address(second, "INV-000002")).status_code == 200


@pytest.mark.django_db
def test_staff_who_see_orders_see_invoices(client_for: ApiClientFor) -> None:
    order = invoiced()

    assert client_for(staff_user("orders.view_order")).get(address(order, "INV-000001")).status_code == 200
    assert client_for(staff_user("products.view_product")).get(address(order, "INV-000001")).status_code == 404


@pytest.mark.django_db
def test_other_forms_are_refused(user: User, user_client: APIClient) -> None:
    order = invoiced(user=user)

    answer = user_client.get(address(order, "INV-000001"), headers={"Accept": "image/png"})

    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")


@pytest.mark.django_db
def test_later_settings_and_edits_change_no_invoice(user: User, user_client: APIClient, settings: Settings) -> None:
    settings.SHOP_SELLER = SELLER
    order = invoiced(user=user)
    before = user_client.get(address(order, "INV-000001")).json()

    settings.SHOP_SELLER = {**SELLER, "name": "Another"}
    Order.objects.update(billing_address_snapshot={"full_name": "Another"})

    assert user_client.get(address(order, "INV-000001")).json() == before


@pytest.mark.django_db
@pytest.mark.parametrize("sql", ["UPDATE orders_invoice SET total = 1", "DELETE FROM orders_invoice"])
def test_the_database_refuses_to_change_an_invoice(sql: str) -> None:
    invoiced()

    with pytest.raises((IntegrityError, InternalError), match="was issued"), transaction.atomic():
        connection.cursor().execute(sql)


@pytest.mark.django_db
def test_prefixes_are_the_shops(settings: Settings) -> None:
    settings.INVOICE_PREFIX = "R2026-"

    invoiced()

    assert Invoice.objects.get().number == "R2026-000001"


@pytest.mark.bare_rows
@pytest.mark.django_db(transaction=True)
def test_parallel_confirmations_are_numbered_without_a_gap() -> None:
    orders = [confirmed() for _ in range(8)]

    def issue(order: Order) -> None:
        try:
            invoices.issue_invoice(order_id=order.pk)
        finally:
            connection.close()

    all_at_once([lambda order=order: issue(order) for order in orders * 2])  # type: ignore[misc]

    assert sorted(Invoice.objects.values_list("sequence", flat=True)) == list(range(1, 9))
    assert InvoiceCounter.objects.get().last == 8
    assert breaches() == []


@pytest.mark.bare_rows
@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_leaves_no_gap() -> None:
    def issue(order: Order, *, fails: bool) -> None:
        try:
            with transaction.atomic():
                invoices.issue_invoice(order_id=order.pk)
                transaction.set_rollback(fails)
        finally:
            connection.close()

    orders = [confirmed() for _ in range(8)]
    calls = [lambda order=order, n=n: issue(order, fails=n % 2 == 0) for n, order in enumerate(orders)]
    all_at_once(calls)

    assert sorted(Invoice.objects.values_list("sequence", flat=True)) == [1, 2, 3, 4]
    assert issue_missing() == 4
    assert sorted(Invoice.objects.values_list("sequence", flat=True)) == list(range(1, 9))
    assert breaches() == []


def issue_missing() -> int:
    return invoices.issue_missing(paid_before=timezone.now())


@pytest.mark.bare_rows
@pytest.mark.django_db(transaction=True)
def test_a_sequence_instead_of_the_counter_would_leave_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    """The careless twin, which shows that the test above can fail."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SEQUENCE careless")

    def draw(_kind: object, _count: int) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('careless')")
            return int(cursor.fetchone()[0])

    monkeypatch.setattr(invoices.issuing, "draw", draw)
    try:
        first, second = confirmed(), confirmed()
        with transaction.atomic():
            invoices.issue_invoice(order_id=first.pk)
            transaction.set_rollback(True)
        invoices.issue_invoice(order_id=second.pk)
        assert Invoice.objects.get().sequence == 2
        assert breaches() != []
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP SEQUENCE careless")


@pytest.mark.django_db
def test_what_no_event_asked_for_is_issued_by_the_task() -> None:
    order = confirmed()
    OutboxEvent.objects.all().delete()
    assert issue_missing_invoices() == 0
    Order.objects.filter(pk=order.pk).update(paid_at=timezone.now() - timedelta(minutes=16))
    assert len(breaches()) == 1

    assert issue_missing_invoices() == 1
    assert issue_missing_invoices() == 0

    assert breaches() == []


@pytest.fixture
def desk() -> Client:
    """Staff of the order desk in the admin site."""
    client = Client()
    staff = UserFactory.create(is_staff=True)
    for permission in ("orders.view_invoice", "orders.view_order", "common.view_mail", "common.change_mail"):
        grant(staff, permission)
    client.force_login(staff)
    return client


@pytest.mark.django_db
def test_the_admin_shows_and_prints_invoices(desk: Client) -> None:
    order = invoiced()
    invoice = Invoice.objects.get()

    orders_page = desk.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    listing = desk.get(reverse("admin:orders_invoice_changelist"), {"q": "INV"}).content.decode()
    change = desk.get(reverse("admin:orders_invoice_change", args=[invoice.pk])).content.decode()
    page = desk.get(reverse("admin:orders_invoice_page", args=[invoice.pk]))
    pdf = desk.get(reverse("admin:orders_invoice_pdf", args=[invoice.pk]))

    assert reverse("admin:orders_invoice_pdf", args=[invoice.pk]) in orders_page
    assert f"q=order%3A{order.order_number}" in orders_page
    assert "INV-000001" in listing
    assert "<iframe sandbox srcdoc=" in change
    assert "Invoice INV-000001" in page.content.decode()
    assert pdf.content.startswith(b"%PDF")


@pytest.mark.django_db
def test_the_admins_documents_need_the_permission() -> None:
    invoiced()
    client = Client()
    client.force_login(UserFactory.create(is_staff=True))

    assert client.get(reverse("admin:orders_invoice_pdf", args=[Invoice.objects.get().pk])).status_code == 404


@pytest.mark.django_db
def test_the_admin_previews_a_mail_and_sends_it_again(desk: Client) -> None:
    mail = MailFactory.create(html_body="<script>alert(1)</script>", sent_at=timezone.now())
    waiting = MailFactory.create(subject="Still waiting")

    page = desk.get(reverse("admin:common_mail_change", args=[mail.pk])).content.decode()
    desk.get(reverse("admin:common_mail_send_one_again", args=[mail.pk]))
    assert Mail.objects.count() == 2
    desk.post(reverse("admin:common_mail_send_one_again", args=[mail.pk]), {"_form_submitted": "True"})
    chosen = {"action": "send_selected_again", "_selected_action": [mail.pk, waiting.pk]}
    answer = desk.post(reverse("admin:common_mail_changelist"), chosen, follow=True).content.decode()

    assert '<iframe sandbox srcdoc="&lt;script&gt;' in page
    assert "<script>alert(1)" not in page
    editions = Mail.objects.filter(resource=mail.resource).order_by("edition").values_list("edition", flat=True)
    assert list(editions) == [1, 2, 3]
    assert "can be sent again afterwards" in answer
    assert desk.get(reverse("admin:common_mail_add")).status_code == 403


@pytest.mark.django_db
def test_looking_at_mails_is_not_sending_them() -> None:
    mail = MailFactory.create(sent_at=timezone.now())
    viewer = UserFactory.create(is_staff=True)
    grant(viewer, "common.view_mail")
    client = Client()
    client.force_login(viewer)

    assert client.get(reverse("admin:common_mail_change", args=[mail.pk])).status_code == 200
    sent = client.post(reverse("admin:common_mail_send_one_again", args=[mail.pk]), {"_form_submitted": "True"})
    assert sent.status_code == 403
    assert Mail.objects.count() == 1
