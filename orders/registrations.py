"""What orders contribute to the applications below, and what they listen to."""

from common import outbox
from common.registry import (
    address_exporters,
    backfills,
    cart_subtotals,
    guest_erasers,
    integrity_checks,
    mail_secrets,
    metric_sources,
    privacy_exporters,
    purchase_checks,
    shipping_method_uses,
)
from orders import backfilling, handlers, invoice_integrity, metrics, public_events, restoring, trail
from orders.api.access import cart_subtotal
from orders.integrity import CHECKS
from orders.models import Order
from orders.services import mailed_links, privacy, purchases


def register() -> None:
    """Called once, when the applications are ready."""
    for name, check in (CHECKS | invoice_integrity.CHECKS).items():
        integrity_checks.register(name, check)
    backfills.register("orders.shipping_country", backfilling.SHIPPING_COUNTRY)
    purchase_checks.register("orders", purchases.has_bought)
    cart_subtotals.register("orders", cart_subtotal)
    shipping_method_uses.register("orders", _ships_an_order)
    privacy_exporters.register("orders", privacy.export_customer)
    address_exporters.register("orders", privacy.export_guest)
    guest_erasers.register("orders", privacy.forget_guest)
    mail_secrets.register(mailed_links.SECRET_NAME, mailed_links.token_for)
    handlers.subscribe()
    public_events.register()
    trail.register()
    metric_sources.register("orders", metrics.orders)
    restoring.register()
    outbox.subscribe("order.confirmed", "orders.verify_reviews", purchases.verify_reviews)
    outbox.subscribe("user.email_verified", "orders.join_guests_orders", privacy.join_guests_orders)
    outbox.subscribe("user.erased", "orders.forget_customer", privacy.forget_customer)
    for finished in ("order.delivered", "order.cancelled", "order.refunded"):
        outbox.subscribe(finished, "orders.forget_when_finished", privacy.forget_when_finished)


def _ships_an_order(method_id: int) -> bool:
    return Order.objects.filter(shipping_method=method_id).exists()
