"""Settings of what browsers are told to guard: where pages may load from, and which origins may call the API."""

import re
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environs import Env

_NO_FRAMES = "base-uri 'none'; frame-ancestors 'none'"
# Answers for programs: a browser that is made to show one as a page loads and runs nothing.
STRICT = f"default-src 'none'; form-action 'none'; {_NO_FRAMES}"
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "publickey-credentials-get",
        "screen-wake-lock",
        "serial",
        "usb",
        "xr-spatial-tracking",
    )
)


def page_policies(*, media_url: str) -> list[tuple[re.Pattern[str], str]]:
    """Content-Security-Policy of HTML pages by their path, the first that fits; any other gets STRICT.

    - The admin's Alpine.js makes functions of the expressions in its templates, hence 'unsafe-eval'; neither it nor
      the documentation has a script inside of a page. All three have styles there.
    - Redoc searches in a worker that it makes of its own text, hence blob:.
    """
    pictures = " ".join(["'self'", "data:", "blob:", *_origin_of(media_url)])
    admin = f"script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src {pictures}"
    docs = "script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
    rest = f"font-src 'self'; connect-src 'self'; form-action 'self'; {_NO_FRAMES}"
    return [
        (re.compile(r"/admin/"), f"default-src 'none'; {admin}; {rest}"),
        (re.compile(r"/api/docs/"), f"default-src 'none'; {docs}; {rest}"),
        (re.compile(r"/api/redoc/"), f"default-src 'none'; {docs}; worker-src blob:; {rest}"),
        (re.compile(r"/$|/api/problems/"), f"{STRICT}; style-src 'self'; img-src 'self'"),
    ]


def origins(env: Env, name: str) -> list[str]:
    """The origins that a variable lists, split by commas; refuses to start with what is none, or any."""
    named: list[str] = env.list(name, [])
    listed = [origin for each in named if (origin := each.strip().rstrip("/"))]
    for origin in listed:
        if _origin_of(origin) != [origin]:
            raise ImproperlyConfigured(
                f"{name} are origins such as https://shop.example, split by commas; not {origin}."
            )
    return listed


def _origin_of(url: str) -> list[str]:
    """Scheme, host and port; nothing where the URL is only a path, or names no certain host."""
    parts = urlsplit(url)
    is_certain = parts.scheme in {"http", "https"} and parts.hostname and not re.search(r"[*\s;,@]", parts.netloc)
    return [f"{parts.scheme}://{parts.netloc}"] if is_certain else []
