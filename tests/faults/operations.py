"""The operations that have failpoints: each prepared, run as often as one likes, and looked at in the end."""

import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone
from PIL import Image
from rest_framework.test import APIClient

from analytics.models import AggregatedDay
from analytics.services import aggregates
from authentication.imports import service as customers
from authentication.models import User
from authentication.tokens import AccessToken
from common import mail_delivery, outbox
from common.backfills import working
from common.imports.jobs.uploads import Upload, receive_import
from common.imports.jobs.working import work_off_one
from common.imports.listening import ImportRequest
from common.models import BackfillRun, ImportBatch, ImportJob, Mail, WebhookDelivery, WebhookEndpoint
from common.webhooks import endpoints, sending
from orders.models import Coupon, CouponUse, Order
from orders.services import life
from payments.imports import service as orders
from payments.models import DummyCharge, DummyRefund, Payment, Refund
from payments.services import payments
from products.imports.inventory.service import run_feed
from products.imports.service import run_import
from products.models import PictureFile, Product, ProductImage, StockMovement, WantedPicture
from products.services import images, remote_pictures, renditions
from tests.factories.authentication import staff_user
from tests.factories.orders import ADDRESS, CouponFactory
from tests.factories.payments import buyer, order_worth, paid
from tests.factories.products import ProductFactory
from tests.factories.shipping import ShippingMethodFactory
from tests.payments.webhooks import charge_event, send
from tests.scripted_server import answer, scripted_server

CARD = {"payment_method": "dummy", "details": {"token": "tok_ok"}}


@dataclass(frozen=True)
class Operation:
    """Something to run, and to run again; `settled` asserts that it took effect once."""

    run: Callable[[], None]
    settled: Callable[[], None]


def _client(user: Any) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(user)}")
    return client


def _post(client: APIClient, path: str, body: Any) -> None:
    """Post with the same key each time; being refused is fine, breaking is not."""
    answer = client.post(f"/api/v1/{path}", body, format="json", headers={"Idempotency-Key": "once"})
    assert answer.status_code < 500, answer.content


def checkout() -> Operation:
    """A guest orders with a coupon that may be used once."""
    product = ProductFactory.create(stock=5)
    method, coupon = ShippingMethodFactory.create(), CouponFactory.create(max_uses=1)
    client = APIClient()
    filled = client.post("/api/v1/cart/items/", {"product": product.id, "quantity": 2}, format="json")
    client.credentials(HTTP_X_CART_TOKEN=filled.json()["token"])
    client.post("/api/v1/cart/coupon/", {"code": coupon.code}, format="json")
    wish = {"shipping_address": ADDRESS, "shipping_method": method.id, "email": "ada@example.com"}

    def settled() -> None:
        assert Order.objects.count() == 1
        assert Product.objects.get().stock_quantity == 3
        assert (Coupon.objects.get().use_count, CouponUse.objects.count()) == (1, 1)

    return Operation(lambda: _post(client, "checkout/", wish), settled)


def _paid_as_charged(charges: int | None = None) -> None:
    """The order is paid exactly if the gateway charged, and that was once at most."""
    charged = DummyCharge.objects.filter(status="succeeded").count()
    assert charged in ({0, 1} if charges is None else {charges})
    assert Payment.objects.filter(status="succeeded").count() == charged
    assert Order.objects.get().status == ("confirmed" if charged else "pending")
    assert not Payment.objects.in_flight().exists()


def payment() -> Operation:
    """A customer pays by card."""
    order = order_worth("10.00")
    client, path = _client(buyer(order)), f"orders/{order.order_number}/payments/"
    return Operation(lambda: _post(client, path, CARD), _paid_as_charged)


def second_attempt() -> Operation:
    """A customer pays by another card while the first payment is pending."""
    order = order_worth("10.00")
    paid(order, "tok_pending")
    client, path = _client(buyer(order)), f"orders/{order.order_number}/payments/"
    return Operation(lambda: _post(client, path, CARD), _paid_as_charged)


def capture() -> Operation:
    """Staff book a bank transfer."""
    order = order_worth("10.00")
    waiting = payments.start_payment(order=order, payment_method="manual")
    client, path = _client(staff_user("payments.change_payment")), f"payments/{waiting.id}/capture/"

    def settled() -> None:
        assert Payment.objects.get().status == "succeeded"
        assert Order.objects.get().status == "confirmed"

    return Operation(lambda: _post(client, path, {}), settled)


def refund() -> Operation:
    """Staff give everything back, goods too."""
    bought = paid(order_worth("10.00"))
    client, path = _client(staff_user("payments.add_refund")), f"payments/{bought.id}/refunds/"

    def settled() -> None:
        assert (Refund.objects.get().status, Payment.objects.get().status) == ("succeeded", "refunded")
        assert DummyRefund.objects.count() == 1
        assert Product.objects.get().stock_quantity == 10

    return Operation(lambda: _post(client, path, {"amount": "10.00", "restock": True}), settled)


def webhook() -> Operation:
    """The gateway tells that a pending payment succeeded."""
    event = charge_event(paid(order_worth("10.00"), "tok_pending"), "succeeded")

    def run() -> None:
        assert send(APIClient(), event).status_code == 200

    return Operation(run, lambda: _paid_as_charged(1))


def expiry() -> Operation:
    """The job cancels what nobody paid."""
    order = order_worth("10.00")
    Order.objects.filter(id=order.id).update(expires_at=timezone.now())

    def run() -> None:
        life.expire_unpaid(now=timezone.now() + timedelta(minutes=1))

    def settled() -> None:
        assert Order.objects.get().status == "cancelled"
        assert StockMovement.objects.filter(reason="expiry").count() == 1

    return Operation(run, settled)


def mail() -> Operation:
    """The job sends a mail; one whose worker died is due again minutes later."""
    Mail.objects.create(
        kind="hello", resource="order:1", recipient="ada@example.com", subject="Hello", text_body="Hello."
    )

    def run() -> None:
        Mail.objects.filter(sent_at=None).update(next_attempt_at=timezone.now())
        mail_delivery.send_due_mails()

    def settled() -> None:
        assert Mail.objects.get().sent_at is not None

    return Operation(run, settled)


def catalogue_import() -> Operation:
    """A file brings two products."""
    path = Path(tempfile.mkdtemp()) / "products.csv"
    path.write_text("sku,name,price,stock_quantity\nA,Lamp,10,3\nB,Table,99,1\n", encoding="utf-8")

    def run() -> None:
        run_import(ImportRequest(path=path))

    def settled() -> None:
        assert set(Product.objects.values_list("sku", "stock_quantity")) == {("A", 3), ("B", 1)}
        assert StockMovement.objects.count() == 2

    return Operation(run, settled)


def stock_feed() -> Operation:
    """A feed brings a delivery, which must not be counted twice, and a count."""
    folder = Path(tempfile.mkdtemp())
    for sku in ("FED-A", "FED-B"):
        ProductFactory.create(sku=sku, stock=3)
    deltas, counts = folder / "deltas.csv", folder / "counts.csv"
    deltas.write_text("sku,delta\nFED-A,5\nFED-B,-1\n", encoding="utf-8")
    counts.write_text(f"sku,quantity,counted_at\nFED-B,7,{timezone.now().isoformat()}\n", encoding="utf-8")

    def run() -> None:
        for path in (deltas, counts):
            run_feed(ImportRequest(path=path))

    def settled() -> None:
        # One less of B came out after the count.
        assert set(Product.objects.values_list("sku", "stock_quantity")) == {("FED-A", 8), ("FED-B", 6)}
        assert StockMovement.objects.filter(reason="feed").count() == 3

    return Operation(run, settled)


def customers_import() -> Operation:
    """A file brings a customer with an address."""
    path = Path(tempfile.mkdtemp()) / "customers.csv"
    address = "1 Main Street,Berlin,10115,DE"
    path.write_text(f"email,address_line1,city,postal_code,country\na@example.com,{address}\n", encoding="utf-8")

    def run() -> None:
        customers.run_import(ImportRequest(path=path))

    def settled() -> None:
        assert list(User.objects.values_list("email", "addresses__city")) == [("a@example.com", "Berlin")]

    return Operation(run, settled)


def _picture() -> bytes:
    packed = io.BytesIO()
    Image.new("RGB", (8, 6), "red").save(packed, "PNG")
    return packed.getvalue()


def fetching() -> Operation:
    """The job fetches a picture that an import named; one whose worker died is due again minutes later."""
    WantedPicture.objects.create(product=ProductFactory.create(), url="http://127.0.0.1/lamp.png")

    def run() -> None:
        with scripted_server(answer(_picture())) as server, override_settings(REMOTE_FILES_ALSO_FROM=["127.0.0.1/32"]):
            WantedPicture.objects.filter(state="waiting").update(url=server.url(), next_attempt_at=timezone.now())
            remote_pictures.fetch_due_pictures()

    def settled() -> None:
        assert WantedPicture.objects.get().picture_id == ProductImage.objects.get().id

    return Operation(run, settled)


def webhook_delivery() -> Operation:
    """An event goes to a webhook; one whose sender died is due again when its lease is over."""
    endpoints.add_endpoint(url="http://127.0.0.1/hook")
    with transaction.atomic():
        outbox.emit("order.placed", resource="order:1")
    outbox.relay()

    def run() -> None:
        at_home = override_settings(REMOTE_FILES_ALSO_FROM=["127.0.0.1/32"], WEBHOOK_SCHEMES=["http"])
        with scripted_server(answer(b"")) as server, at_home:
            WebhookEndpoint.objects.update(url=server.url())
            WebhookDelivery.objects.update(next_attempt_at=timezone.now())
            sending.send_due()

    def settled() -> None:
        assert WebhookDelivery.objects.get().done_at is not None

    return Operation(run, settled)


def rendering() -> Operation:
    """The job makes smaller files of a picture; one whose worker died is due again minutes later."""
    images.add_image(product_id=ProductFactory.create().id, kept=images.keep_picture(_picture()))

    def run() -> None:
        PictureFile.objects.filter(state="waiting").update(next_attempt_at=timezone.now())
        renditions.make_due_renditions()

    def settled() -> None:
        file = PictureFile.objects.get()
        assert (file.state, [each["format"] for each in file.renditions]) == ("ready", ["avif", "webp"])

    return Operation(run, settled)


def import_job() -> Operation:
    """A file that was sent, and confirmed with it, is worked off."""
    file = SimpleUploadedFile("products.csv", b"sku,name,price,stock_quantity\nA,Lamp,10,3\nB,Table,99,1\n")
    receive_import(upload=Upload(subject="products", file=file, confirmed=True), actor=None)

    def run() -> None:
        ImportJob.objects.update(next_attempt_at=timezone.now())
        work_off_one()

    def settled() -> None:
        assert ImportJob.objects.get().status == "done"
        assert ImportJob.objects.get().batch == ImportBatch.objects.get()
        assert set(Product.objects.values_list("sku", "stock_quantity")) == {("A", 3), ("B", 1)}
        assert StockMovement.objects.count() == 2

    return Operation(run, settled)


def orders_import() -> Operation:
    """A file brings an order, its customer and its product, and a refund."""
    path = Path(tempfile.mkdtemp()) / "orders.csv"
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
    sale = "500001,X,THING,3,2010-12-01 08:00:00,2.00,7.0,France"
    cancellation = "C500002,X,THING,-1,2010-12-02 08:00:00,2.00,7.0,France"
    path.write_text("\n".join([header, sale, cancellation, ""]), encoding="utf-8")

    def run() -> None:
        orders.run_import(ImportRequest(path=path))

    def settled() -> None:
        assert Order.objects.get().payments.get().refunded_amount == 2
        assert (User.objects.count(), Product.objects.count(), Refund.objects.count()) == (1, 1, 1)

    return Operation(run, settled)


def aggregation() -> Operation:
    """The job counts a day on which something was sold."""
    paid(order_worth("10.00"))
    outbox.relay()

    def run() -> None:
        aggregates.refresh_stale_days()

    def settled() -> None:
        assert not AggregatedDay.objects.stale().exists()
        assert AggregatedDay.objects.get().order_count == 1

    return Operation(run, settled)


def backfill() -> Operation:
    """The orders of before are given their country, which the trigger gives new ones."""
    order = order_worth("10.00")
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; UPDATE orders_order SET shipping_country = ''")
        cursor.execute("SET session_replication_role = origin")

    def settled() -> None:
        order.refresh_from_db()
        assert (order.shipping_country, BackfillRun.objects.get().changed) == ("US", 1)

    return Operation(work_off_backfills, settled)


def work_off_backfills() -> None:
    """As the workers do each minute, once it was begun."""
    working.begin("orders.shipping_country")
    working.work_off_begun(seconds=60)


OPERATIONS: dict[str, tuple[Callable[[], Operation], tuple[str, ...]]] = {
    "checkout": (
        checkout,
        (
            *("checkout.after_lock", "checkout.after_stock", "checkout.after_insert", "checkout.before_commit"),
            "checkout.after_commit",
        ),
    ),
    "payment": (payment, ("payment.after_intent", "payment.after_gateway", "payment.before_commit")),
    "second attempt": (second_attempt, ("payment.after_cancel", "payment.after_intent", "payment.before_commit")),
    "capture": (capture, ("payment.before_commit",)),
    "refund": (refund, ("refund.after_intent", "refund.after_gateway", "refund.before_commit")),
    "webhook": (webhook, ("webhook.after_store", "webhook.before_commit")),
    "expiry": (expiry, ("expiry.after_lock", "expiry.before_commit")),
    "mail": (mail, ("mail.after_claim", "mail.after_send")),
    "webhook delivery": (webhook_delivery, ("delivery.after_claim", "delivery.after_send")),
    "import": (
        catalogue_import,
        ("import.after_staging", "import.before_products", "import.after_products", "import.before_commit"),
    ),
    "fetching": (fetching, ("fetching.after_claim", "fetching.before_commit")),
    "rendering": (rendering, ("renditions.after_claim", "renditions.before_commit")),
    "import job": (import_job, ("job.after_begin", "job.before_commit")),
    "stock feed": (stock_feed, ("feed.before_commit", "feed.after_block")),
    "customers import": (
        customers_import,
        ("import.after_staging", "import.after_accounts", "import.before_commit"),
    ),
    "orders import": (
        orders_import,
        (
            *("import.after_staging", "import.after_accounts", "import.after_products", "import.after_orders"),
            "import.before_commit",
        ),
    ),
    "backfill": (backfill, ("backfill.before_commit",)),
    "aggregation": (
        aggregation,
        ("aggregation.after_lock", "aggregation.after_write", "aggregation.before_commit"),
    ),
}
