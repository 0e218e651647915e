"""Order numbers: short enough to read out, too many to guess, and in no order."""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O or U
LENGTH = 10


def make_order_number() -> str:
    """A random number of 50 bits; that it is free shows when the order is inserted."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
