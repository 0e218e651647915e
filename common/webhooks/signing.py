"""Secrets of endpoints, made here and kept encrypted, and what they sign; docs/webhooks.md tells receivers the same."""

import base64
import hashlib
import hmac
import secrets
from functools import cache

from cryptography.fernet import Fernet
from django.conf import settings

PREFIX = "whsec_"


def make_secret() -> str:
    """A new secret of 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def seal(secret: str) -> bytes:
    """The secret as it is kept."""
    return _cipher(settings.SECRET_KEY).encrypt(secret.encode())


def unseal(sealed: bytes | memoryview) -> str:
    """The secret again; raises cryptography's InvalidToken where SECRET_KEY is another by now."""
    return _cipher(settings.SECRET_KEY).decrypt(bytes(sealed)).decode()


def signature(*, secret: str, timestamp: int, body: bytes) -> str:
    """`v1=` and the HMAC-SHA256 of `timestamp.body` in hexadecimal."""
    signed = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1={signed.hexdigest()}"


@cache
def _cipher(secret_key: str) -> Fernet:
    digest = hashlib.sha256(b"webhooks:" + secret_key.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
