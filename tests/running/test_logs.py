"""Log lines: one JSON object each, with the request's id, whoever wrote them, and no local variables."""

import json
import os
import subprocess
import sys

import pytest

from config.environment import CHECKOUT

PROGRAM = """
import django; django.setup()
import logging, structlog
from common.request_id import begin_request
begin_request("request-12345")
secret = "hunter2" + "-swordfish"
logging.getLogger("shop.old").warning("from %s", "logging\\nand more", extra={"order": "AB12"})
try:
    raise ValueError("broken")
except ValueError:
    structlog.stdlib.get_logger("shop.new").exception("it_failed", order="AB13")
"""


def logged() -> list[str]:
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=CHECKOUT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test", "LOG_JSON": "true"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert finished.stdout == ""
    return finished.stderr.splitlines()


def test_each_line_is_one_object_with_its_facts() -> None:
    old, new = (json.loads(line) for line in logged())

    assert (old["event"], old["order"], old["level"], old["logger"], old["request_id"]) == (
        "from logging\nand more",
        "AB12",
        "warning",
        "shop.old",
        "request-12345",
    )
    assert (new["event"], new["order"], new["level"], new["logger"], new["request_id"]) == (
        "it_failed",
        "AB13",
        "error",
        "shop.new",
        "request-12345",
    )
    assert new["exception"].endswith("ValueError: broken")


@pytest.mark.slow
def test_tracebacks_show_no_local_variables() -> None:
    assert "swordfish" not in "".join(logged()).replace('"hunter2" + "-swordfish"', "")
