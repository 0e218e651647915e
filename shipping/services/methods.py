"""Writes of shipping methods beyond plain edits."""

from django.db import transaction

from common.locking import lock_row
from common.registry import shipping_method_uses
from shipping.models import ShippingMethod


@transaction.atomic
def remove_method(*, method_id: int) -> None:
    """Delete a method with its rates, or deactivate it where something refers to it, such as an order.

    Locks the method. Raises NotFound where there is none.
    """
    method = lock_row(ShippingMethod.objects.filter(pk=method_id))
    if any(is_used(method_id) for _name, is_used in shipping_method_uses):
        ShippingMethod.objects.filter(pk=method_id).update(is_active=False)
    else:
        method.delete()
