"""Smaller pictures in modern formats, made of one picture's bytes; knows nothing of storage or rows."""

import hashlib
import io
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from PIL import Image

from products.services.pictures import decode_picture

# One thread each: the worker's processes are what runs in parallel.
_OPTIONS: dict[str, dict[str, Any]] = {
    "avif": {"quality": 55, "speed": 8, "max_threads": 1},
    "webp": {"quality": 80, "method": 4},
}
_HIGHEST = 8_000  # of a rendition; a picture much higher than wide has none that wide


@dataclass(frozen=True)
class Rendition:
    """One smaller picture, its name made of its content."""

    name: str
    format: str
    width: int
    height: int
    content: bytes


@dataclass(frozen=True)
class Rendered:
    """The size of the picture as it is shown, and what was made of it."""

    width: int
    height: int
    renditions: list[Rendition]


def render(content: bytes) -> Rendered:
    """Make each width and format of the settings; never wider than the picture itself, which comes in its own width.

    Memory is bounded by the cap on pixels before decoding. Raises InvalidInput for what is no picture.
    """
    picture = decode_picture(content)
    rendered = Rendered(picture.width, picture.height, [])
    smaller = picture
    for width in reversed(_widths(picture.width)):
        height = max(1, round(picture.height * width / picture.width))
        if height > _HIGHEST:
            continue
        smaller = smaller.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
        rendered.renditions.extend(_encoded(smaller, each) for each in settings.PICTURE_FORMATS)
    rendered.renditions.sort(key=lambda each: (settings.PICTURE_FORMATS.index(each.format), each.width))
    return rendered


def _widths(own: int) -> list[int]:
    widths: list[int] = settings.PICTURE_WIDTHS
    smaller = [width for width in widths if width < own]
    return smaller if len(smaller) == len(widths) else [*smaller, own]


def _encoded(picture: Image.Image, name: str) -> Rendition:
    packed = io.BytesIO()
    picture.save(packed, name.upper(), **_OPTIONS[name])
    content = packed.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    return Rendition(f"renditions/{digest[:2]}/{digest[2:26]}.{name}", name, picture.width, picture.height, content)
