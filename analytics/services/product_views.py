"""Recording that somebody looked at a product."""

import re
from dataclasses import dataclass
from ipaddress import ip_address

from django.db import connection

from common.errors import NotFound
from common.numbers import whole_number

AGENT_LENGTH = 500
REFERRER_LENGTH = 255

ROBOT = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|scrap|headless|lighthouse|monitor|preview|facebookexternalhit"
    r"|curl/|wget|python-requests|httpx|libwww|java/|go-http-client",
    re.IGNORECASE,
)

# Finds the product and records the view in one statement. A slug wins over an id that reads the same.
INSERT = """
INSERT INTO analytics_productview (product_id, user_id, session_id, ip_address, user_agent, referrer)
SELECT id, %(user)s, %(session)s, %(address)s, %(agent)s, %(referrer)s
FROM products_product
WHERE is_active AND (slug = %(slug)s OR id = %(id)s)
ORDER BY slug = %(slug)s DESC
LIMIT 1
"""


@dataclass(frozen=True)
class Viewer:
    """Who looked, as far as the request tells; `session` is the hash of the browser's visitor id."""

    user_id: int | None
    session: str | None
    address: str
    agent: str


def is_robot(agent: str) -> bool:
    """Whether the user agent says that it is a program."""
    return ROBOT.search(agent) is not None


def record_view(*, product: str | int, viewer: Viewer, referrer: str = "") -> None:
    """Record a view of a product, named by slug or id; raises NotFound unless the product is on offer.

    What is longer than its column is cut.
    """
    slug = product if isinstance(product, str) else None
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            {
                "slug": slug,
                "id": _as_id(product),
                "user": viewer.user_id,
                "session": viewer.session,
                "address": _as_address(viewer.address),
                "agent": viewer.agent.replace("\x00", "")[:AGENT_LENGTH] or None,
                "referrer": referrer[:REFERRER_LENGTH] or None,
            },
        )
        if cursor.rowcount != 1:
            raise NotFound


def _as_id(product: str | int) -> int | None:
    return product if isinstance(product, int) else whole_number(product)


def _as_address(address: str) -> str | None:
    try:
        return str(ip_address(address.partition("%")[0]))
    except ValueError:
        return None
