"""The WSGI application that the web server loads."""

import io
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

# A web request that takes longer has lost its reader; commands and workers may need longer.
os.environ.setdefault("DATABASE_STATEMENT_TIMEOUT", "30s")
# Where the processes of this server count together.
if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
    Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).mkdir(parents=True, exist_ok=True)

django = get_wsgi_application()

# The apps have to be loaded first.
from analytics.api.telling import with_door  # noqa: E402
from common.metrics.requests import measured, note_pool_wait  # noqa: E402
from common.postgresql.pool import pools  # noqa: E402
from config import telemetry  # noqa: E402
from products.api.guests import guests_first  # noqa: E402

# How long a thread may keep others from the interpreter: a read needs it for less than Python's usual 5 ms.
sys.setswitchinterval(0.001)
pools.switch_on(
    settings.DATABASE_POOL_SIZE, wait_seconds=settings.DATABASE_POOL_WAIT_SECONDS, when_waited=note_pool_wait
)

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


telemetry.begin()
application = telemetry.traced(measured(guests_first(with_length(with_door(django)))))
