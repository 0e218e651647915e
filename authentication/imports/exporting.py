"""Writes the customers in the native format, block by block; importing it again changes nothing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from django.db.models import QuerySet

from authentication.imports.rows import ADDRESS_LENGTHS, COLUMNS
from authentication.models import Address, User
from common.imports.formulas import protect

BLOCK_ROWS = 500


def export_rows(*, with_password_hashes: bool = False) -> Iterator[Sequence[str]]:
    """Yield the header and each customer's rows: one, and one more for each address after the first.

    Accounts with rights and of erased persons are left out. Password hashes go out on demand only: who holds them can
    try passwords at leisure.
    """
    yield COLUMNS
    last = 0
    while block := list(_customers().filter(id__gt=last).order_by("id")[:BLOCK_ROWS]):
        addresses = _addresses([user.pk for user in block])
        for user in block:
            own = addresses.get(user.pk, [])
            cells = _customer_cells(user, with_password_hashes=with_password_hashes)
            yield _row(cells | (_address_cells(own[0]) if own else {}))
            yield from (_row({"email": user.email} | _address_cells(address)) for address in own[1:])
        last = block[-1].pk


def _customers() -> QuerySet[User]:
    return User.objects.filter(
        is_staff=False, is_staff_member=False, is_superuser=False, erased_at=None, groups=None, user_permissions=None
    )


def _row(cells: dict[str, str]) -> Sequence[str]:
    return [protect(cells.get(column, "")) for column in COLUMNS]


def _customer_cells(user: User, *, with_password_hashes: bool) -> dict[str, str]:
    return {
        "email": user.email,
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "phone": user.phone,
        "is_active": "true" if user.is_active else "false",
        "date_joined": user.date_joined.isoformat(),
        "password_hash": user.password if with_password_hashes and user.has_usable_password() else "",
    }


def _address_cells(address: Address) -> dict[str, str]:
    cells = {
        column: getattr(address, "phone" if column == "address_phone" else column) or "" for column in ADDRESS_LENGTHS
    }
    return cells | {"is_default": "true" if address.is_default else "false"}


def _addresses(user_ids: Iterable[int]) -> dict[int, list[Address]]:
    by_user: dict[int, list[Address]] = defaultdict(list)
    for address in Address.objects.filter(user_id__in=list(user_ids)).order_by("id"):
        by_user[address.user_id].append(address)
    return by_user
