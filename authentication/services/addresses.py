"""The address book: one default as long as there is any address, whatever runs in parallel."""

from typing import Any

from django.db import transaction

from authentication.errors import AddressBookFull
from authentication.models import Address
from authentication.services.address_rules import address_problems
from authentication.services.locks import lock_active_user
from common.countries import normalise_country
from common.errors import InvalidInput, NotFound

MOST_ADDRESSES = 100


@transaction.atomic
def add_address(*, user_id: int, fields: dict[str, Any]) -> Address:
    """Add an address; the first is the default, and a later one that asks to be takes the place of the old one.

    Locks the user's row. Raises InvalidInput for a place that cannot be, AddressBookFull beyond MOST_ADDRESSES.
    """
    lock_active_user(user_id)
    address = Address(user_id=user_id, **fields)
    _check_place(address)
    count = Address.objects.filter(user=user_id).count()
    if count >= MOST_ADDRESSES:
        raise AddressBookFull
    address.is_default = address.is_default or count == 0
    return _save(address)


@transaction.atomic
def change_address(*, user_id: int, address_id: int, changes: dict[str, Any]) -> Address:
    """Change an address of the user's; a default that gives up its place hands it to the newest other one.

    Locks the user's row. Raises NotFound, also for a stranger's address, and InvalidInput for a place that cannot be.
    """
    lock_active_user(user_id)
    address = _get_address(user_id, address_id)
    was_default = address.is_default
    for name, value in changes.items():
        setattr(address, name, value)
    _check_place(address)
    if was_default and not address.is_default:
        address.is_default = True
        _save(address)
        _promote_newest(user_id, other_than=address_id)
        address.refresh_from_db()
        return address
    return _save(address)


@transaction.atomic
def remove_address(*, user_id: int, address_id: int) -> None:
    """Delete an address of the user's; the newest of the rest takes the place of a deleted default.

    Locks the user's row. Raises NotFound, also for a stranger's address.
    """
    lock_active_user(user_id)
    address = _get_address(user_id, address_id)
    address.delete()
    if address.is_default:
        _promote_newest(user_id, other_than=address_id)


def _get_address(user_id: int, address_id: int) -> Address:
    address = Address.objects.filter(user=user_id, pk=address_id).first()
    if address is None:
        raise NotFound
    return address


def _save(address: Address) -> Address:
    if address.is_default:
        Address.objects.filter(user=address.user_id, is_default=True).exclude(pk=address.pk).update(is_default=False)
    address.save()
    return address


def _promote_newest(user_id: int, *, other_than: int) -> None:
    others = Address.objects.filter(user=user_id).exclude(pk=other_than)
    newest = others.order_by("-id").first()
    if newest is not None:
        Address.objects.filter(user=user_id, is_default=True).update(is_default=False)
        Address.objects.filter(pk=newest.pk).update(is_default=True)


def _check_place(address: Address) -> None:
    address.country = normalise_country(address.country)
    problems = address_problems(country=address.country, state=address.state, postal_code=address.postal_code)
    if problems:
        raise InvalidInput(problems[0].detail, errors=problems)
