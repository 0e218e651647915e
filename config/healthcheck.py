"""The container's health check: `python config/healthcheck.py` ends with 0 when the web server here is alive.

`--beat FILE` looks instead whether beat has lately written down what it has scheduled.

It is run as a file and imports nothing of the project, so that asking costs next to nothing.
"""

import os
import sys
import time
import urllib.request
from http import HTTPStatus
from pathlib import Path

TIMEOUT_SECONDS = 2.0
BEAT_SECONDS = 600.0  # beat writes every three minutes


def main(arguments: list[str]) -> int:
    """0 where what is asked after is well."""
    if arguments[:1] == ["--beat"]:
        return check_beat(Path(arguments[1]))
    return check_web()


def check_beat(schedule: Path) -> int:
    """Look when the schedule was written; libraries may put an ending to the name."""
    written = [path.stat().st_mtime for path in schedule.parent.glob(f"{schedule.name}*")]
    return 0 if written and time.time() - max(written) < BEAT_SECONDS else 1


def check_web() -> int:
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
    sys.exit(main(sys.argv[1:]))
