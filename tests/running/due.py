"""What makes each task of the beat schedule due: planted, and looked at afterwards."""

import io
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from django.core import mail as outgoing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone
from PIL import Image

from analytics.models import AggregatedDay
from common import outbox
from common.backfills.working import begin
from common.backups import erasure_list
from common.backups.places import open_place
from common.backups.retention import backups_in
from common.backups.taking import take_backup
from common.imports.jobs.uploads import Upload, receive_import
from common.models import (
    Backup,
    Erasure,
    ImportJob,
    Mail,
    OutboxDelivery,
    OutboxEvent,
    WebhookDelivery,
    WebhookEndpoint,
)
from common.webhooks import endpoints
from orders.models import Cart, Invoice, Order
from payments.models import DummyCharge, Payment, Refund
from payments.services import refunds
from products.models import (
    BoughtTogether,
    PictureFile,
    Product,
    ProductImage,
    ProductListing,
    StockMovement,
    StockNotice,
    WantedPicture,
)
from products.services import images
from tests.common.backing_up import databases
from tests.factories.analytics import paid_order
from tests.factories.orders import CartFactory
from tests.factories.payments import PaymentFactory, order_worth, paid
from tests.factories.products import CategoryFactory, ProductFactory
from tests.scripted_server import answer, scripted_server

LONG_AGO = "now() - interval '20 years'"


@dataclass
class Due:
    """What the task is to do: `effect` says how things are, `wanted` how once it has worked, however often."""

    effect: Callable[[], object]
    wanted: object
    stack: ExitStack = field(default_factory=ExitStack)  # what has to last while the task runs


def ask(sql: str) -> object:
    """The first row of the statement, or its one value."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    return row[0] if row is not None and len(row) == 1 else row


def plant(sql: str) -> None:
    """Run the statements."""
    with connection.cursor() as cursor:
        cursor.execute(sql)


def one_of_two(table: str, columns: str, values: str, when: str) -> Callable[[], Due]:
    """Two rows, of which one is too old; `{n}` in the values tells them apart, `when` is the column of the age."""

    def prepare() -> Due:
        old, young = values.format(n=1), values.format(n=2)
        plant(f"INSERT INTO {table} ({columns}, {when}) VALUES ({old}, {LONG_AGO}), ({young}, now() + interval '1 h')")
        return Due(lambda: ask(f"SELECT count(*) FROM {table}"), 1)

    return prepare


def relay() -> Due:
    """A paid order's events: each handler runs once, so one day is marked and one mail queued."""
    paid(order_worth("10.00"))

    def effect() -> object:
        waiting = OutboxEvent.objects.filter(relayed_at=None).count()
        failed = OutboxDelivery.objects.filter(done_at=None).count()
        confirmed = Mail.objects.filter(kind__contains="confirm").count()
        return waiting, failed, AggregatedDay.objects.count(), confirmed

    return Due(effect, (0, 0, 1, 1))


def mail() -> Due:
    """A mail goes out once."""
    plant(
        "INSERT INTO common_mail (kind, resource, recipient, subject, text_body)"
        " VALUES ('hello', 'order:1', 'ada@example.com', 'Hello', 'Hello.')"
    )
    outgoing.outbox.clear()
    return Due(lambda: len(outgoing.outbox), 1)


def _picture() -> bytes:
    packed = io.BytesIO()
    Image.new("RGB", (8, 6), "red").save(packed, "PNG")
    return packed.getvalue()


def renditions() -> Due:
    """A picture becomes ready."""
    images.add_image(product_id=ProductFactory.create().id, kept=images.keep_picture(_picture()))
    PictureFile.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    files = PictureFile.objects.values_list("state", flat=True)
    return Due(lambda: [(state, len(PictureFile.objects.get().renditions)) for state in files.all()], [("ready", 2)])


def fetching() -> Due:
    """A picture that an import named is fetched once."""
    due = Due(lambda: (ProductImage.objects.count(), WantedPicture.objects.filter(state="waiting").count()), (1, 0))
    server = due.stack.enter_context(scripted_server(answer(_picture())))
    due.stack.enter_context(override_settings(REMOTE_FILES_ALSO_FROM=["127.0.0.1/32"]))
    WantedPicture.objects.create(product=ProductFactory.create(), url=server.url())
    return due


def webhooks() -> Due:
    """An event goes to a webhook once."""
    due = Due(lambda: WebhookDelivery.objects.filter(attempts=1, done_at__isnull=False).count(), 1)
    server = due.stack.enter_context(scripted_server(answer(b"")))
    due.stack.enter_context(override_settings(REMOTE_FILES_ALSO_FROM=["127.0.0.1/32"], WEBHOOK_SCHEMES=["http"]))
    endpoints.add_endpoint(url=server.url())
    WebhookEndpoint.objects.update(url=server.url())
    with transaction.atomic():
        outbox.emit("order.placed", resource="order:1")
    outbox.relay()
    return due


def import_job() -> Due:
    """A confirmed file is imported once."""
    file = SimpleUploadedFile("products.csv", b"sku,name,price,stock_quantity\nA,Lamp,10,3\n")
    receive_import(upload=Upload(subject="products", file=file, confirmed=True), actor=None)
    ImportJob.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    return Due(
        lambda: (
            list(ImportJob.objects.values_list("status")),
            list(Product.objects.values_list("stock_quantity")),
            StockMovement.objects.count(),
        ),
        ([("done",)], [(3,)], 1),
    )


def backfill() -> Due:
    """Of two orders one lacks what a back-fill fills in."""
    order, _ = order_worth("10.00"), order_worth("20.00")
    plant(
        f"""
        BEGIN; SET LOCAL session_replication_role = replica;
        UPDATE orders_order SET shipping_country = '' WHERE id = {order.id}; COMMIT
        """
    )
    begin("orders.shipping_country")

    def effect() -> object:
        return ask("SELECT count(*) FROM orders_order WHERE shipping_country = 'US'"), ask(
            "SELECT sum(changed) FROM common_backfillrun WHERE finished_at IS NOT NULL"
        )

    return Due(effect, (2, 1))


def old_events() -> Due:
    """Of two events that everybody was told of one is old."""
    plant(
        f"""
        INSERT INTO common_outboxevent (name, resource, payload, created_at, relayed_at, position)
        SELECT 'order.placed', 'order:' || n, '{{}}', CASE n WHEN 0 THEN {LONG_AGO} ELSE now() END, now(),
            nextval('common_outboxevent_position_seq')
        FROM generate_series(0, 1) n ORDER BY n
        """
    )
    return Due(lambda: (OutboxEvent.objects.count(), ask("SELECT sum(count) FROM common_droppedevents")), (1, 1))


def old_deliveries() -> Due:
    """Of two deliveries that are done one was long ago."""
    plant(
        f"""
        WITH event AS (
            INSERT INTO common_outboxevent (name, resource, payload, relayed_at, position)
            SELECT 'order.placed', 'order:' || n, '{{}}', now(), nextval('common_outboxevent_position_seq')
            FROM generate_series(0, 1) n RETURNING id, position, resource
        ), endpoint AS (
            INSERT INTO common_webhookendpoint (url, secret) VALUES ('https://hooks.example/', '') RETURNING id
        )
        INSERT INTO common_webhookdelivery (endpoint_id, event_id, position, resource, attempts, done_at)
        SELECT endpoint.id, event.id, event.position, event.resource, 1,
            CASE event.resource WHEN 'order:0' THEN {LONG_AGO} ELSE now() END
        FROM endpoint, event
        """
    )
    return Due(WebhookDelivery.objects.count, 1)


def audit() -> Due:
    """Of three entries one goes and one loses its network."""
    plant(
        f"""
        INSERT INTO common_auditentry
            (kind, object_type, object_id, door, origin, request_id, client_address, after, at)
        SELECT 'order', 'planted', 1, 'admin', '', '', '10.0.0.0', '{{}}', at
        FROM unnest(ARRAY[{LONG_AGO}, now() - interval '400 days', now()]) at
        """
    )
    planted = "FROM common_auditentry WHERE object_type = 'planted'"
    return Due(lambda: ask(f"SELECT count(*), count(client_address) {planted}"), (2, 1))


def old_prices() -> Due:
    """Of a product's past prices the old one goes, as a later one tells of the last month."""
    product = ProductFactory.create()
    plant(
        "INSERT INTO products_pastprice (product_id, amount, to_at)"
        f" VALUES ({product.id}, 1, {LONG_AGO}), ({product.id}, 2, now())"
    )
    left = f"SELECT count(*), min(amount) FROM products_pastprice WHERE product_id = {product.id}"
    return Due(lambda: ask(left), (1, Decimal(2)))


def old_notices() -> Due:
    """Of two notices one has waited in vain."""
    product = ProductFactory.create()
    rows = f"('old@example.com', {product.id}, {LONG_AGO}), ('new@example.com', {product.id}, now())"
    plant(f"INSERT INTO products_stocknotice (email, product_id, created_at) VALUES {rows}")
    return Due(StockNotice.objects.count, 1)


def offering() -> Due:
    """A planned product is offered, and told of once."""
    product = ProductFactory.create(is_active=False)
    plant(f"UPDATE products_product SET publish_at = now() - interval '1 hour' WHERE id = {product.id}")
    OutboxEvent.objects.all().delete()
    return Due(
        lambda: (Product.objects.get().is_active, OutboxEvent.objects.filter(name="product.activated").count()),
        (True, 1),
    )


def folding() -> Due:
    """Changes of the catalogue go into the sums, each once."""
    ProductFactory.create(categories=[CategoryFactory.create()])
    sums = """
        SELECT coalesce(sum(tree), 0), coalesce(sum(membership), 0) FROM (
            SELECT tree, membership FROM products_cataloguestate
            UNION ALL SELECT tree, membership FROM products_cataloguechange
        ) s
    """
    assert ask("SELECT count(*) > 0 FROM products_cataloguechange")
    return Due(lambda: (ask("SELECT count(*) FROM products_cataloguechange"), ask(sums)), (0, ask(sums)))


def expiry() -> Due:
    """An order that was not paid in time gives its stock back once."""
    order = order_worth("10.00")
    Order.objects.filter(id=order.id).update(expires_at=timezone.now() - timedelta(minutes=1))
    return Due(
        lambda: (Order.objects.get().status, StockMovement.objects.filter(reason="expiry").count()), ("cancelled", 1)
    )


def back_in_stock() -> Due:
    """Who waits gets one mail."""
    StockNotice.objects.create(
        product=ProductFactory.create(stock=3), email="ada@example.com", confirmed_at=timezone.now()
    )
    return Due(Mail.objects.count, 1)


def low_stock() -> Due:
    """What has run low is told in one mail."""
    due = Due(Mail.objects.count, 1)
    due.stack.enter_context(override_settings(STOCK_ALERT_EMAILS=["stock@example.com"]))
    ProductFactory.create(stock=1)
    return due


def carts() -> Due:
    """Of two carts one was left long ago."""
    old, _ = CartFactory.create(user=None, session_id="a"), CartFactory.create(user=None, session_id="b")
    Cart.objects.filter(id=old.id).update(updated_at=timezone.now() - timedelta(days=7_000))
    return Due(Cart.objects.count, 1)


def invoices() -> Due:
    """A paid order whose event got lost is invoiced once."""
    paid(order_worth("10.00"))
    OutboxEvent.objects.all().delete()
    Order.objects.update(paid_at=timezone.now() - timedelta(minutes=16))
    return Due(Invoice.objects.count, 1)


def credit_notes() -> Due:
    """A refund whose event got lost has one credit note, and its order one invoice."""
    refunds.refund_payment(payment_id=paid(order_worth("20.00")).id, amount=Decimal("5.00"))
    OutboxEvent.objects.all().delete()
    Refund.objects.update(succeeded_at=timezone.now() - timedelta(minutes=16))
    return Due(lambda: sorted(Invoice.objects.values_list("kind", flat=True)), ["credit_note", "invoice"])


def reconciling() -> Due:
    """A charge whose request died pays its order once."""
    payment = PaymentFactory.create(
        order=order_worth("10.00"), status="processing", payment_details={"token": "tok_ok"}
    )
    DummyCharge.objects.create(
        idempotency_key=str(payment.id), transaction_id="ch_1", amount="10.00", currency="USD", status="succeeded"
    )
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE payments_payment DISABLE TRIGGER USER")  # which keeps `updated_at`
        cursor.execute("UPDATE payments_payment SET updated_at = now() - interval '1 hour'")
        cursor.execute("ALTER TABLE payments_payment ENABLE TRIGGER USER")
    return Due(
        lambda: (
            Payment.objects.get().status,
            Order.objects.get().status,
            OutboxEvent.objects.filter(name="payment.succeeded").count(),
        ),
        ("succeeded", "confirmed", 1),
    )


def aggregates() -> Due:
    """A day with a sale is counted as it was."""
    paid(order_worth("10.00"))
    outbox.relay()
    day = "SELECT d.order_count, a.order_count, a.revenue, d.computed_at > d.changed_at FROM analytics_aggregatedday d"
    total = "JOIN analytics_salesaggregate a USING (date) WHERE a.product_id IS NULL AND a.category_id IS NULL"
    return Due(lambda: ask(f"{day} {total}"), (1, 1, Decimal("10.00"), True))


def pairs() -> Due:
    """Two products that two orders hold stand once beside each other."""
    one, other = ProductFactory.create(), ProductFactory.create()
    for _ in range(2):
        paid_order((one, 1), (other, 1), at=timezone.now() - timedelta(days=1))
    return Due(BoughtTogether.objects.count, 2)


def popularity() -> Due:
    """What sold lately is as popular as it sold."""
    product = ProductFactory.create()
    paid_order((product, 3), at=timezone.now() - timedelta(days=1))
    return Due(lambda: ProductListing.objects.get(product=product).popularity, 3)


def _views() -> None:
    product = ProductFactory.create()
    rows = ", ".join(f"({product.id}, '10.0.0.1', {at})" for at in (LONG_AGO, "now()"))
    plant(f"INSERT INTO analytics_productview (product_id, ip_address, viewed_at) VALUES {rows}")


def shortening() -> Due:
    """The older of two views loses its address."""
    _views()
    return Due(lambda: ask("SELECT count(*), count(ip_address) FROM analytics_productview"), (2, 1))


def dropping_views() -> Due:
    """The older of two views goes."""
    _views()
    return Due(lambda: ask("SELECT count(*) FROM analytics_productview"), 1)


def proving() -> Due:
    """Proving the books writes nothing."""
    paid(order_worth("10.00"))
    return Due(lambda: (Order.objects.count(), Mail.objects.count()), (1, 0))


def _folder(due: Due) -> Path:
    """A folder for backups that lasts as long as the work."""
    folder = due.stack.enter_context(tempfile.TemporaryDirectory())
    due.stack.enter_context(override_settings(BACKUP_TARGET=folder))
    return Path(folder)


def erasures() -> Due:
    """The list beside the backups names each erasure once."""
    due = Due(lambda: len(erasure_list.load(open_place(str(folder)))), 1)
    folder = _folder(due)
    Erasure.objects.create(kind=Erasure.Kind.ADDRESS, subject="a")
    return due


def backing_up() -> Due:
    """Each backup is whole and noted; of two at once one is refused."""

    def effect() -> object:
        names = set(backups_in(open_place(str(folder))))
        return len(names) > 0, names == set(Backup.objects.values_list("name", flat=True))

    due = Due(effect, (True, True))
    folder = _folder(due)
    return due


def verifying() -> Due:
    """The backup is verified, and no database of the trial stays."""
    due = Due(lambda: (Backup.objects.filter(problem="", verified_at__isnull=False).count(), len(databases())), (1, 1))
    take_backup(target=str(_folder(due)), with_media=False)
    return due
