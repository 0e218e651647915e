"""Settings of pictures: which renditions are made of them, and how many are fetched at a time."""

import mimetypes

from django.core.exceptions import ImproperlyConfigured
from environs import Env

# Python knows these two from 3.13 on only, and what has no type is not shown by browsers.
mimetypes.add_type("image/avif", ".avif")
mimetypes.add_type("image/webp", ".webp")

FORMATS = ("avif", "webp")  # the order in which a page should offer them
WIDEST = 4_000


def rendition_widths(env: Env) -> list[int]:
    """The widths in pixels, ascending; refuses to start with what is none."""
    widths: list[int] = env.list("PICTURE_WIDTHS", [320, 640, 1280], subcast=int)
    if not all(1 <= width <= WIDEST for width in widths):
        raise ImproperlyConfigured(f"PICTURE_WIDTHS are pixels, 1 to {WIDEST}, split by commas.")
    return sorted(set(widths))


def rendition_formats(env: Env) -> list[str]:
    """The formats, the best first; refuses to start with others than those that can be made."""
    formats: list[str] = env.list("PICTURE_FORMATS", list(FORMATS))
    if unknown := set(formats) - set(FORMATS):
        raise ImproperlyConfigured(f"PICTURE_FORMATS are of {', '.join(FORMATS)}; not {', '.join(sorted(unknown))}.")
    return [each for each in FORMATS if each in formats]


def fetches(env: Env) -> int:
    """How many pictures a worker fetches from other shops at a time; refuses to start with what is no such number."""
    count: int = env.int("PICTURE_FETCHES", 4)
    if not 1 <= count <= 32:
        raise ImproperlyConfigured("PICTURE_FETCHES is a number of 1 to 32.")
    return count
