"""The SQL that says what an account and an address are like, for batches to remember and for undos to compare."""

from collections.abc import Iterable


def _object(columns: Iterable[str]) -> str:
    pairs = ", ".join(f"'{column}', t.{column}" for column in columns)
    return f"jsonb_build_object({pairs})"


CUSTOMER_COLUMNS = ("email", "username", "first_name", "last_name", "phone", "is_active", "date_joined", "password")
# A password is remembered by its MD5 only: what it was hashed to belongs nowhere else.
CUSTOMER = f"{_object(CUSTOMER_COLUMNS[:-1])} || jsonb_build_object('password', md5(t.password))"
ADDRESS_COLUMNS = (
    *("full_name", "company", "phone", "address_line1", "address_line2", "city", "state", "country", "postal_code"),
    "is_default",
)
ADDRESS = _object(ADDRESS_COLUMNS)
