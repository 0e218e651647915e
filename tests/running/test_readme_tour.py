"""The five-minute tour of README.md, run as it is pasted, on the demo shop behind its real web server."""

import os
import re
import subprocess
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from common.integrity import run_checks
from config.environment import CHECKOUT
from orders.models import Order
from products.models import StockMovement
from tests.live import database_environment, running_shop


def tour() -> str:
    """The commands between the tour's fences."""
    found = re.search(r"<!-- tour -->\n```bash\n(.*?)```", (CHECKOUT / "README.md").read_text(), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.timeout(180)
@pytest.mark.slow
def test_guest_buys_staff_ship_and_the_report_shows_it(transactional_db: None, tmp_path: Path) -> None:
    call_command("sync_roles", stdout=StringIO())
    call_command("load_demo", stdout=StringIO(), stderr=StringIO())
    orders_before = Order.objects.count()

    with running_shop(MEDIA_ROOT=str(tmp_path)) as shop:
        finished = subprocess.run(
            ["/usr/bin/env", "bash", "-eu", "-o", "pipefail", "-c", tour()],
            cwd=CHECKOUT,
            env={**os.environ, **database_environment(), "PORT": shop.origin.rpartition(":")[2]},
            capture_output=True,
            text=True,
            check=False,
        )

    assert finished.returncode == 0, finished.stderr
    said = finished.stdout
    assert [line for line in said.splitlines() if re.match("(payment|order) ", line)] == [
        "payment succeeded",
        "order confirmed",
        "order processing",
        "order shipped",
    ]
    order = Order.objects.latest("id")
    assert Order.objects.count() == orders_before + 1
    assert (order.status, order.tracking_number, order.user) == ("shipped", "1Z999", None)
    assert sum(StockMovement.objects.filter(order_number=order.order_number).values_list("delta", flat=True)) == -1
    assert f'"revenue": "{order.subtotal - order.discount}"' in said
    assert [breach for result in run_checks() for breach in result.breaches] == []
