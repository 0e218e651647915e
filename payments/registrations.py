"""What payments contribute to the apps below: their part of an order's body, the veto on expiry, invariants."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from common import registry
from payments import credit_note_integrity, handlers, integrity, metrics, privacy, public_events, restoring
from payments.bodies import payment_in_order
from payments.gateways.registry import require_sound_settings
from payments.imports import subject
from payments.models import Payment


def register() -> None:
    """Contribute, once, when the application is ready. Raises ImproperlyConfigured for settings that cannot work."""
    require_sound_settings()
    registry.order_payments.register("payments", payments_of_orders)
    registry.expiry_vetoes.register("payments", orders_with_money_on_its_way)
    for name, check in (integrity.CHECKS | credit_note_integrity.CHECKS).items():
        registry.integrity_checks.register(name, check)
    registry.metric_sources.register("payments", metrics.payments)
    handlers.register()
    public_events.register()
    privacy.register()
    restoring.register()
    subject.register()


def payments_of_orders(order_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Each order's payments, oldest first, as its body shows them."""
    bodies: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for payment in Payment.objects.of_orders(order_ids):
        bodies[payment.order_id].append(payment_in_order(payment))
    return dict(bodies)


def orders_with_money_on_its_way(order_ids: Sequence[int]) -> set[int]:
    """The orders with a payment that their gateway has not told the end of: they never expire."""
    unanswered = Payment.objects.unanswered().filter(order_id__in=order_ids)
    return set(unanswered.values_list("order_id", flat=True))
