"""Secret tokens for guests: random, handed out once, kept only as a hash."""

import hashlib
import secrets


def make_token() -> str:
    """A new token of 256 random bits, safe in URLs and headers."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """What is kept of a token: its SHA-256 in hexadecimal (tokens are random, so no salt is needed)."""
    return hashlib.sha256(token.encode()).hexdigest()
