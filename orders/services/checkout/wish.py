"""What a customer asks checkout for, and the addresses that it names."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from authentication.models import Address, User
from common.countries import normalise_country
from common.errors import InvalidInput
from orders.services.carts import CartOwner
from orders.services.tax import Destination

SNAPSHOT_FIELDS = (
    "full_name",
    "company",
    "phone",
    "address_line1",
    "address_line2",
    "city",
    "state",
    "country",
    "postal_code",
)

Snapshot = dict[str, str]


@dataclass(frozen=True)
class AddressChoice:
    """A saved address by id, or one given in full (or, for a quote, in part)."""

    saved_id: int | None = None
    given: Mapping[str, str] | None = None


@dataclass(frozen=True)
class ChosenAddress:
    """The address as it is now; `saved` is the row in the customer's book, if it came from there."""

    saved: Address | None
    snapshot: Snapshot

    @property
    def destination(self) -> Destination:
        return Destination(self.snapshot["country"], self.snapshot["state"])


@dataclass(frozen=True)
class CheckoutWish:
    """Everything that checkout asks of the customer; without a billing address the shipping address is billed."""

    shipping_address: AddressChoice
    shipping_method_id: int
    billing_address: AddressChoice | None = None
    email: str = ""
    notes: str = ""
    expected_total: Decimal | None = None


def choose_address(*, choice: AddressChoice, owner: CartOwner, field: str) -> ChosenAddress:
    """The chosen address; raises InvalidInput for `field` where the saved one is not the owner's."""
    if choice.given is not None:
        return ChosenAddress(None, _snapshot(choice.given))
    saved = None
    if owner.user and choice.saved_id is not None:
        saved = Address.objects.of(owner.user).filter(pk=choice.saved_id).first()
    if saved is None:
        raise InvalidInput.of(field, "does_not_exist", "There is no such address in your book.")
    values = {name: getattr(saved, name) or "" for name in SNAPSHOT_FIELDS}
    return ChosenAddress(saved, _snapshot(values))


def name_recipient(*, address: ChosenAddress, user: User | None, field: str) -> ChosenAddress:
    """The address with a recipient: its own name, else the account's; raises InvalidInput where there is neither."""
    if address.snapshot["full_name"]:
        return address
    name = user.get_full_name() if user else ""
    if not name:
        raise InvalidInput.of(f"{field}.full_name", "required", "Say whose address it is.")
    return ChosenAddress(address.saved, {**address.snapshot, "full_name": name})


def contact_email(*, owner: CartOwner, given: str) -> str:
    """Where the order's mails go, in lower case: the address given, else the account's; guests must give one."""
    email = (given or owner.email or "").strip().lower()
    if not email:
        raise InvalidInput.of("email", "required", "Guests give an e-mail address.")
    return email


def _snapshot(values: Mapping[str, str]) -> Snapshot:
    snapshot = {name: str(values.get(name) or "").strip() for name in SNAPSHOT_FIELDS}
    return {**snapshot, "country": normalise_country(snapshot["country"])}
