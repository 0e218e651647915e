"""The container's health check: `python config/healthcheck.py` ends with 0 when the web server here is alive.

It is run as a file and imports nothing of the project, so that asking costs next to nothing.
"""

import os
import sys
import urllib.request
from http import HTTPStatus

TIMEOUT_SECONDS = 2.0


def main() -> int:
    """Ask /healthz under a host name that the settings allow."""
    port = os.environ.get("GRANIAN_PORT", "8000")
    host = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().removeprefix(".")
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/healthz", headers={} if host in {"", "*"} else {"Host": host}
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310 - as above
            return 0 if response.status == HTTPStatus.OK else 1
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
