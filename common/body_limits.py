"""How many bytes the body of a request may have."""

from django.conf import settings
from django.http import HttpRequest


def most_body_bytes(request: HttpRequest) -> int:
    """UPLOAD_MAX_BYTES, and more where whole files are taken, of bodies that say their length.

    One that comes in chunks is read before anybody knows who sends it, so it gets no more room than any other.
    """
    usual = int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    if request.headers.get("Transfer-Encoding"):
        return usual
    return int(settings.BODY_MAX_BYTES.get(request.path, usual))
