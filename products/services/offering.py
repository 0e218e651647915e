"""Which products are on offer: by hand, in sets, and by schedule; whoever changes it tells of it here."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from common import outbox
from common.errors import InvalidInput
from common.locking import lock_rows
from products.models import Product

BATCH_ROWS = 500


@transaction.atomic
def deactivate_products(*, product_ids: Collection[int]) -> int:
    """Take products off the shop; orders, reviews and the ledger keep them. Returns how many were on offer.

    Locks the products by id. Emits `product.deactivated` for each.
    """
    offered = lock_rows(Product.objects.filter(id__in=product_ids, is_active=True).defer("description"))
    Product.objects.filter(id__in=[product.id for product in offered]).update(is_active=False)
    tell_deactivated(offered)
    return len(offered)


@transaction.atomic
def activate_products(*, product_ids: Collection[int]) -> int:
    """Offer products (again), planned or not; returns how many were not on offer.

    Locks the products by id. Emits `product.activated` for each.
    """
    hidden = lock_rows(Product.objects.filter(id__in=product_ids, is_active=False).defer("description"))
    Product.objects.filter(id__in=[product.id for product in hidden]).update(is_active=True, publish_at=None)
    tell_activated(hidden)
    return len(hidden)


def apply_schedule(*, now: datetime | None = None) -> int:
    """Offer and take off what is due, however late; returns how many products were due.

    In batches, each its own transaction, which locks the products by id and looks again: it may run twice at once.
    """
    moment = now or timezone.now()
    due_count = 0
    while batch := _apply_batch(moment):
        due_count += batch
    return due_count


@transaction.atomic
def _apply_batch(now: datetime) -> int:
    due = Product.objects.due(now)
    ids = list(due.order_by("id").values_list("id", flat=True)[:BATCH_ROWS])
    rows = lock_rows(due.filter(id__in=ids).defer("description"))
    ended = [row for row in rows if row.unpublish_at is not None and row.unpublish_at <= now]
    started = [row for row in rows if row not in ended]
    Product.objects.filter(id__in=[row.id for row in ended]).update(is_active=False, publish_at=None, unpublish_at=None)
    Product.objects.filter(id__in=[row.id for row in started]).update(is_active=True, publish_at=None)
    tell_deactivated(row for row in ended if row.is_active)
    tell_activated(row for row in started if not row.is_active)
    return len(ids)


def with_schedule(fields: dict[str, Any], *, product: Product | None = None) -> dict[str, Any]:
    """The fields to write where some of them plan: what is to be published later is hidden until then.

    A time that has passed takes effect at once. Raises InvalidInput where the end does not come after the beginning.
    """
    if not {"publish_at", "unpublish_at"} & set(fields):
        return fields
    begins: datetime | None = fields.get("publish_at", product and product.publish_at)
    ends: datetime | None = fields.get("unpublish_at", product and product.unpublish_at)
    if begins is not None and ends is not None and begins >= ends:
        raise InvalidInput.of("unpublish_at", "not_after_publish_at", "It must end after it begins.")
    now = timezone.now()
    if ends is not None and ends <= now:
        return {**fields, "is_active": False, "publish_at": None, "unpublish_at": None}
    if begins is not None and "publish_at" in fields:
        is_due = begins <= now
        return {**fields, "is_active": is_due, "publish_at": None if is_due else begins}
    return fields


def tell_activated(products: Iterable[Product]) -> None:
    """Tell of products that came on offer in this transaction."""
    outbox.emit_many("product.activated", payloads=_payloads(products))


def tell_deactivated(products: Iterable[Product]) -> None:
    """Tell of products that went off the shop in this transaction."""
    outbox.emit_many("product.deactivated", payloads=_payloads(products))


def _payloads(products: Iterable[Product]) -> dict[str, dict[str, Any]]:
    return {f"product:{product.id}": {"product_id": product.id, "slug": product.slug} for product in products}
