"""The formats of customers' files: the native one, and Shopify's and WooCommerce's exports, told by their headers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from authentication.imports.rows import COLUMNS
from common.imports.errors import FileRefused
from common.imports.listening import AUTO
from common.imports.refused_files import ERROR_COLUMN


@dataclass(frozen=True)
class CustomerFormat:
    """A kind of file: `required` columns tell it; `sources` are the columns, best first, of each native one."""

    name: str
    required: frozenset[str]
    sources: Mapping[str, tuple[str, ...]]
    is_strict: bool = False  # columns that it does not know refuse the file

    def to_native(self, cells: Mapping[str, str]) -> dict[str, str]:
        """Return the cells by native column: of several sources the first that is not blank."""
        native = {
            column: next((cells[each] for each in names if cells.get(each, "").strip()), "")
            for column, names in self.sources.items()
        }
        return _TIDY.get(self.name, dict)(native)

    def source_of(self, column: str, header: list[str]) -> str:
        """Return the file's column that a native one is read from."""
        return next((each for each in self.sources.get(column, ()) if each in header), column)


def _tidy_shop(native: dict[str, str]) -> dict[str, str]:
    """Cells as other shops write them: with an apostrophe for spreadsheets, and a phone with blanks in it."""
    native = {column: cell.strip().removeprefix("'") for column, cell in native.items()}
    native["phone"] = "".join(native.get("phone", "").split()).replace("(", "").replace(")", "").replace("-", "")
    if native.get("address_line1", "").strip() and not native.get("full_name", "").strip():
        native["full_name"] = f"{native.get('first_name', '')} {native.get('last_name', '')}".strip()
    if not native.get("address_line1", "").strip():
        # Shopify writes an address of a country alone for who never gave one.
        native = {column: "" if column in _ADDRESS else cell for column, cell in native.items()}
    return native


_ADDRESS = COLUMNS[COLUMNS.index("full_name") :]
_TIDY: dict[str, Callable[[dict[str, str]], dict[str, str]]] = {"shopify": _tidy_shop, "woocommerce": _tidy_shop}

NATIVE = CustomerFormat(
    name="native", required=frozenset({"email"}), sources={column: (column,) for column in COLUMNS}, is_strict=True
)
SHOPIFY = CustomerFormat(
    name="shopify",
    required=frozenset({"first_name", "last_name", "email", "accepts_email_marketing"}),
    sources={
        "email": ("email",),
        "first_name": ("first_name",),
        "last_name": ("last_name",),
        "phone": ("phone",),
        "company": ("default_address_company", "company"),
        "address_phone": ("default_address_phone",),
        "address_line1": ("default_address_address1", "address1"),
        "address_line2": ("default_address_address2", "address2"),
        "city": ("default_address_city", "city"),
        "state": ("default_address_province_code", "province_code", "province"),
        "postal_code": ("default_address_zip", "zip"),
        "country": ("default_address_country_code", "country_code"),
        "full_name": (),
    },
)
WOOCOMMERCE = CustomerFormat(
    name="woocommerce",
    required=frozenset({"user_email", "user_login"}),
    sources={
        "email": ("user_email",),
        "username": ("user_login",),
        "first_name": ("first_name", "billing_first_name"),
        "last_name": ("last_name", "billing_last_name"),
        "phone": ("billing_phone",),
        "date_joined": ("user_registered",),
        "password_hash": ("user_pass",),
        "company": ("billing_company",),
        "address_line1": ("billing_address_1",),
        "address_line2": ("billing_address_2",),
        "city": ("billing_city",),
        "state": ("billing_state",),
        "postal_code": ("billing_postcode",),
        "country": ("billing_country",),
        "full_name": (),
    },
)
FORMATS = {each.name: each for each in (SHOPIFY, WOOCOMMERCE, NATIVE)}


def find_format(header: list[str], *, name: str) -> CustomerFormat:
    """Return the format of the name, or the one that the header tells; raises FileRefused where it does not fit."""
    candidates = list(FORMATS.values()) if name == AUTO else [FORMATS[name]]
    found = next((each for each in candidates if each.required <= set(header)), None)
    if found is None:
        needed = "; ".join(f"{each.name} needs {', '.join(sorted(each.required))}" for each in candidates)
        raise FileRefused(f"the header is of no known format: {needed}")
    if len(set(header)) < len(header):
        raise FileRefused("the header names a column twice")
    unknown = [column for column in header if column not in {*COLUMNS, ERROR_COLUMN}] if found.is_strict else []
    if unknown:
        raise FileRefused(f"unknown columns: {', '.join(unknown)}; the columns are {', '.join(COLUMNS)}")
    return found
