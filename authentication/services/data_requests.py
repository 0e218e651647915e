"""A person's wish to see, or to have forgotten, what the shop holds, by e-mail address: with an account or without.

Whoever runs it has made sure that the address is that person's.
"""

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from authentication.models import OneTimeToken, User
from authentication.services import privacy
from common import erasures, mail
from common import privacy as leaf
from common.registry import address_erasers, address_exporters, guest_erasers


@dataclass(frozen=True)
class Erased:
    """What an erasure did: whether there was an account, and how many guest's orders keep their address as yet."""

    had_account: bool
    orders_under_way: int


def export_person(*, email: str) -> dict[str, Any]:
    """Everything held under the address, JSON-ready: the account, if any, and what is held without one."""
    address = email.strip().lower()
    user = _account(address)
    without_account: dict[str, Any] = {name: exporter(address) for name, exporter in address_exporters}
    if user is None:
        links = OneTimeToken.objects.filter(email=address, user=None).order_by("id")
        without_account["links"] = list(links.values("purpose", "email", "created_at", "used_at"))
        without_account["mails"] = leaf.mails_to(address)
    return {
        "email": address,
        "account": privacy.export_account(user_id=user.pk) if user else None,
        "without_account": without_account,
    }


def is_anything_held(document: dict[str, Any]) -> bool:
    """Whether an export has anything in it."""
    return document["account"] is not None or _has_rows(document["without_account"])


def _has_rows(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_rows, value.values()))
    return bool(value)


@transaction.atomic
def erase_person(*, email: str) -> Erased:
    """Forget the address: the account, if any, a guest's finished orders, and whatever else is held under it.

    The books are kept, and orders under way keep their address until they are finished; once they are, a second
    request finds them. Locks the user's row and the orders. A second time does nothing.
    """
    address = email.strip().lower()
    user = _account(address)
    if user is not None:
        privacy.erase_account(user_id=user.pk)
    erasures.note_address(email=address, with_orders=True)
    return Erased(had_account=user is not None, orders_under_way=erase_guest(email=address))


@transaction.atomic
def erase_guest(*, email: str) -> int:
    """Forget what is held under the address outside of accounts; returns how many orders under way keep it as yet."""
    address = email.strip().lower()
    under_way = sum(forget(address) for _, forget in guest_erasers)
    for _, forget_address in address_erasers:
        forget_address(address)
    OneTimeToken.objects.filter(email=address).delete()
    leaf.forget_imported(email=address)
    mail.forget(recipient=address)
    leaf.forget_in_errors(address)
    return under_way


def _account(address: str) -> User | None:
    return User.objects.filter(email=address).first()
