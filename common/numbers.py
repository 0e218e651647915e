"""Numbers as they stand in addresses and headers."""

MOST_DIGITS = 18  # fewer than the largest id has
HIGHEST_ID = 2**63 - 1  # of a bigint column


def whole_number(text: str) -> int | None:
    """The number that the digits say; None for anything else, and for more digits than any id or size has."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None
