"""Where files are: on this machine, or on S3 and what speaks like it."""

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environs import Env

LOCAL, S3 = "local", "s3"
# Names of files tell their content.
_FOR_EVER = {"CacheControl": "public, max-age=31536000, immutable"}


def media_storage(env: Env) -> str:
    """Which of the two; refuses to start with anything else."""
    named = env.str("MEDIA_STORAGE", LOCAL)
    if named not in {LOCAL, S3}:
        raise ImproperlyConfigured(f"MEDIA_STORAGE is {LOCAL} or {S3}, not {named}.")
    return named


def s3_storage(env: Env) -> dict[str, Any]:
    """The entry of STORAGES for S3; refuses to start where something is missing or makes no sense.

    Without keys the machine's own role is asked for, as the provider's library does.
    """
    bucket, endpoint = env.str("S3_BUCKET"), env.str("S3_ENDPOINT_URL", "")
    key, secret = env.str("S3_ACCESS_KEY_ID", ""), env.str("S3_SECRET_ACCESS_KEY", "")
    region, timeout = env.str("S3_REGION", "us-east-1"), env.float("S3_TIMEOUT_SECONDS", 10)
    if not bucket:
        raise ImproperlyConfigured("S3_BUCKET names no bucket.")
    if bool(key) != bool(secret):
        raise ImproperlyConfigured("S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY go together.")
    if not 0 < timeout <= 60:
        raise ImproperlyConfigured("S3_TIMEOUT_SECONDS is more than 0 and at most 60.")
    by_default = f"{endpoint.rstrip('/')}/{bucket}" if endpoint else f"https://{bucket}.s3.{region}.amazonaws.com"
    public = env.str("S3_PUBLIC_URL", "") or by_default
    for name, url in (("S3_ENDPOINT_URL", endpoint), ("S3_PUBLIC_URL", public)):
        if url and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
            raise ImproperlyConfigured(f"{name} is no http or https address: {url}")
    options = {
        "bucket_name": bucket,
        "endpoint_url": endpoint or None,
        "region_name": region,
        "access_key": key or None,
        "secret_key": secret or None,
        "public_url": f"{public.rstrip('/')}/",
        "timeout_seconds": timeout,
        "addressing_style": "path" if endpoint else "virtual",
        "object_parameters": _FOR_EVER,
        "default_acl": None,
    }
    return {"BACKEND": "common.s3_storage.ShopS3Storage", "OPTIONS": options}
