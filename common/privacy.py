"""What the leaf holds about a person besides rows of their own: traces of imports, errors, what gateways say."""

from collections.abc import Collection
from typing import Any

from django.db.models import Q

from common import mail
from common.models import ImportChange, ImportJobChange, ImportJobRefusal, Mail, OutboxDelivery
from common.registry import address_erasers

ERASED = "erased"

# What gateways tell of a person and no shop needs to know: Stripe's names, at whatever depth they stand.
_PERSONAL = frozenset(
    [
        "address",
        "billing",
        "billing_details",
        "customer_address",
        "customer_details",
        "customer_email",
        "customer_name",
        "customer_phone",
        "email",
        "name",
        "phone",
        "receipt_email",
        "recipient",
        "shipping",
        "shipping_address",
        "shipping_details",
    ]
)


def forget_imported(*, email: str, accounts: Collection[int] = (), addresses: Collection[int] = ()) -> None:
    """Delete what imports remember of these accounts and addresses, and what checks of files say of the e-mail.

    An import can still be undone, but for the person. Belongs to a transaction of the caller's.
    """
    ImportChange.objects.filter(
        Q(kind=ImportChange.Kind.CUSTOMER, target_id__in=list(accounts))
        | Q(kind=ImportChange.Kind.ADDRESS, target_id__in=list(addresses))
    ).delete()
    if email:
        ImportJobChange.objects.filter(Q(label__iexact=email) | Q(label__istartswith=f"{email}, ")).delete()
        ImportJobRefusal.objects.filter(Q(value__icontains=email) | Q(reason__icontains=email)).update(
            value="", reason=ERASED
        )


def forget_address(email: str) -> int:
    """Forget what is held under the address outside of accounts and orders; returns how many mails went."""
    for _, forget in address_erasers:
        forget(email)
    return mail.forget(recipient=email)


def forget_imported_orders(order_ids: Collection[int]) -> None:
    """Delete what imports remember of these orders, which has the customer's address in it."""
    ImportChange.objects.filter(kind=ImportChange.Kind.ORDER, target_id__in=list(order_ids)).delete()


def forget_in_errors(email: str) -> None:
    """Take the e-mail out of the errors of deliveries and mails that still wait: a mail server names who it refuses."""
    OutboxDelivery.objects.filter(done_at=None, last_error__icontains=email).update(last_error=ERASED)
    Mail.objects.filter(last_error__icontains=email).update(last_error=ERASED)


def without_person(payload: Any) -> Any:
    """What a gateway says, without names, addresses and the like of the person who paid."""
    if isinstance(payload, dict):
        return {name: without_person(value) for name, value in payload.items() if name not in _PERSONAL}
    if isinstance(payload, list):
        return [without_person(value) for value in payload]
    return payload


def mails_to(email: str) -> list[dict[str, Any]]:
    """The mails to the address that are still kept, the oldest first, by what they were and when."""
    kept = Mail.objects.filter(recipient__iexact=email, is_internal=False).order_by("id")
    return [dict(row) for row in kept.values("kind", "subject", "created_at", "sent_at")]
