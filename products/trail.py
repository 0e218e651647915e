"""The ledger of stock as a part of the audit's trail."""

from typing import Any

from django.db.models import QuerySet

from common.audit.trail import Line, Source, Wanted, trail_sources
from products.models import StockMovement

Reason = StockMovement.Reason

# Those that come through one door only.
DOORS = {Reason.SALE: "storefront", Reason.EXPIRY: "task", Reason.IMPORT: "import"}


def register() -> None:
    """Contribute the movements; called once when the application is ready."""
    trail_sources.register("stock", Source(_rows, _line))


def _rows(wanted: Wanted) -> QuerySet[Any] | None:
    reasons = [reason for reason, door in DOORS.items() if door == wanted.door]
    things = {None: {}, "products.product": {"product": wanted.object_id, "variation": None}} | {
        "products.productvariation": {"variation": wanted.object_id}
    }
    if (
        wanted.kind not in {None, "stock"}
        or wanted.request_id
        or wanted.object_type not in things
        or (wanted.door and not reasons)
    ):
        return None
    rows = StockMovement.objects.filter(**things[wanted.object_type])
    if reasons:
        rows = rows.filter(reason__in=reasons)
    asked = {"actor": wanted.actor, "created_at__gte": wanted.since, "created_at__lt": wanted.until}
    return rows.filter(**{name: value for name, value in asked.items() if value is not None})


def _line(movement: StockMovement) -> Line:
    of_variation = movement.variation_id is not None
    return Line(
        source="stock",
        id=movement.pk,
        at=movement.created_at,
        kind="stock",
        object_type="products.productvariation" if of_variation else "products.product",
        object_id=movement.variation_id or movement.product_id,
        door=DOORS.get(Reason(movement.reason)),
        origin=movement.reason,
        actor=movement.actor_id,
        before=None,
        after={"delta": movement.delta},
        note=" ".join(filter(None, [movement.order_number, movement.note])),
        request_id="",
        client_address=None,
    )
