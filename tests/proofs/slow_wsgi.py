"""The shop, with one address that takes two seconds to answer."""

import time
from collections.abc import Iterable
from typing import Any

from config.wsgi import application as shop

SECONDS = 2.0
SLOW = "/api/v1/slow/"


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer as the list of products does, later at the slow address."""
    if environ["PATH_INFO"] == SLOW:
        time.sleep(SECONDS)
        environ["PATH_INFO"] = "/api/v1/products/"
    answer: Iterable[bytes] = shop(environ, start_response)
    return answer
