"""Uploaded pictures made safe: checked, bounded in pixels before decoding, encoded anew without metadata."""

import hashlib
import io
import struct
import warnings
import zlib

from PIL import Image, ImageOps

from common.errors import InvalidInput

MOST_BYTES = 10_000_000
MOST_PIXELS = 25_000_000
_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "png"}
_OPTIONS: dict[str, dict[str, int]] = {"jpg": {"quality": 90}, "png": {}, "webp": {"quality": 90}}
# What Pillow raises for files that are not what they say, their EXIF included.
_BROKEN = (OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, struct.error, zlib.error)
_SAVED_AS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}


def clean_picture(content: bytes) -> tuple[str, bytes]:
    """A name that tells the content, and the picture encoded anew: no EXIF, no comments, nothing behind its end.

    JPEG, PNG, WebP and (the first frame of) GIF; anything else, SVG included, raises InvalidInput for `image`, and
    so does what is too large.
    """
    if len(content) > MOST_BYTES:
        raise InvalidInput.of("image", "image_too_large", f"At most {MOST_BYTES:,} bytes.")
    bare, extension = _decode(content)
    packed = io.BytesIO()
    bare.save(packed, _SAVED_AS[extension], **_OPTIONS[extension])
    cleaned = packed.getvalue()
    digest = hashlib.sha256(cleaned).hexdigest()
    return f"{digest[:2]}/{digest[2:26]}.{extension}", cleaned


def decode_picture(content: bytes) -> Image.Image:
    """The picture upright and without metadata, as RGB, RGBA or grey; raises InvalidInput as `clean_picture` does."""
    return _decode(content)[0]


def _decode(content: bytes) -> tuple[Image.Image, str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=list(_EXTENSIONS))
        if image.width * image.height > MOST_PIXELS:
            raise InvalidInput.of("image", "image_too_large", f"At most {MOST_PIXELS:,} pixels.")
        extension = _EXTENSIONS[image.format or ""]
        bare = _eight_bits(ImageOps.exif_transpose(image)).convert(_mode_for(image, extension))
        bare.info.clear()
    except Image.DecompressionBombError as error:
        raise InvalidInput.of("image", "image_too_large", f"At most {MOST_PIXELS:,} pixels.") from error
    except _BROKEN as error:
        raise InvalidInput.of("image", "invalid_image", "A JPEG, PNG, WebP or GIF picture is needed.") from error
    return bare, extension


def _eight_bits(image: Image.Image) -> Image.Image:
    """A grey picture of 16 bits with the depth of all others; Pillow's own conversion would cut it off at white."""
    return image.convert("I").point(lambda value: value * (1 / 256)).convert("L") if image.mode[:1] == "I" else image


def _mode_for(image: Image.Image, extension: str) -> str:
    if extension == "jpg":
        return "L" if image.mode == "L" else "RGB"
    return "RGBA" if image.has_transparency_data else "RGB"
