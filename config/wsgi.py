"""The WSGI application that the web server loads."""

import io
import os
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

# A web request that takes longer has lost its reader; commands and workers may need longer.
os.environ.setdefault("DATABASE_STATEMENT_TIMEOUT", "30s")

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def with_length(application: Application) -> Application:
    """The application with bodies that come in chunks made known by their length, which is all that Django reads.

    Of one that is too long just enough is read for it to be refused.
    """

    def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("HTTP_TRANSFER_ENCODING") and not environ.get("CONTENT_LENGTH"):
            body = environ["wsgi.input"].read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
            environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
        return application(environ, start_response)

    return call


_django = get_wsgi_application()

# What it imports needs the applications that Django has loaded by now.
application = with_length(import_module("analytics.api.telling").with_door(_django))
