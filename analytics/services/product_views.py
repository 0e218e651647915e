"""Views of products: what is told of one, and how a batch of them becomes rows.

docs/decisions/product-views.md says why they are not written one by one.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address

import orjson
from django.conf import settings
from django.db import connection, transaction

from authentication.services import sessions
from authentication.tokens import SessionClaim
from common.locking import advisory_lock
from common.numbers import whole_number

# Held by whoever writes views or forgets a person's: so of two batches the second sees the first when it looks for
# repeats, and no batch that began before a person was erased ends after their views were forgotten.
LOCK = "analytics.product_views"

AGENT_LENGTH = 500
REFERRER_LENGTH = 255

ROBOT = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|scrap|headless|lighthouse|monitor|preview|facebookexternalhit"
    r"|curl/|wget|python-requests|httpx|libwww|java/|go-http-client",
    re.IGNORECASE,
)

# A slug wins over an id that reads the same. A repeat is a view of the same product by the same visitor less than
# `window` before or after one that is counted; who is unknown repeats nothing. The rows stand in the order of their
# products, which is the order in which everybody locks products: their foreign keys are checked in it.
INSERT = """
INSERT INTO analytics_productview (product_id, user_id, session_id, ip_address, user_agent, referrer, viewed_at)
SELECT product_id, user_id, session_id, ip_address, user_agent, referrer, viewed_at
FROM (
    SELECT *, lag(viewed_at) OVER (
        PARTITION BY product_id, session_id, CASE WHEN session_id IS NULL THEN user_id END ORDER BY viewed_at
    ) AS viewed_before
    FROM (
        SELECT coalesce(by_slug.id, by_id.id) AS product_id, told.user_id, told.session AS session_id,
            told.address AS ip_address, told.agent AS user_agent, told.referrer, to_timestamp(told.at) AS viewed_at
        FROM json_to_recordset(%(views)s::json) AS told (
            slug text, id bigint, user_id bigint, session text, address text, agent text, referrer text,
            at double precision
        )
        LEFT JOIN products_product by_slug ON by_slug.slug = told.slug AND by_slug.is_active
        LEFT JOIN products_product by_id ON by_id.id = told.id AND by_id.is_active
    ) AS found
    WHERE product_id IS NOT NULL
) AS view
WHERE (session_id IS NULL AND user_id IS NULL)
    OR (viewed_before IS NULL OR viewed_at >= viewed_before + make_interval(secs => %(window)s))
    AND NOT EXISTS (
        SELECT FROM analytics_productview earlier
        WHERE earlier.session_id = view.session_id AND earlier.product_id = view.product_id
            AND earlier.viewed_at > view.viewed_at - make_interval(secs => %(window)s)
            AND earlier.viewed_at < view.viewed_at + make_interval(secs => %(window)s)
    )
    AND (view.session_id IS NOT NULL OR NOT EXISTS (
        SELECT FROM analytics_productview earlier
        WHERE earlier.session_id IS NULL AND earlier.user_id = view.user_id AND earlier.product_id = view.product_id
            AND earlier.viewed_at > view.viewed_at - make_interval(secs => %(window)s)
            AND earlier.viewed_at < view.viewed_at + make_interval(secs => %(window)s)
    ))
ORDER BY product_id, viewed_at
"""


@dataclass(slots=True)
class ToldView:
    """A view as it was told: the product by slug or id, and who looked, as far as the request says.

    `session` is the hash of the browser's visitor id, `stamp` what the token of a signed-in user says of the session;
    `at` is in seconds since 1970.
    """

    slug: str | None
    id: int | None
    user_id: int | None
    stamp: str | None
    session: str | None
    address: str | None
    agent: str | None
    referrer: str | None
    at: float = field(default_factory=time.time)

    @property
    def claim(self) -> SessionClaim | None:
        """Whose the view says that it is."""
        return None if self.user_id is None else SessionClaim(self.user_id, self.stamp or "")


def told_view(
    *, product: str | int, claim: SessionClaim | None, session: str | None, address: str, agent: str, referrer: str
) -> ToldView:
    """The view of a product, named by slug or id, at this moment; what is longer than its column is cut."""
    return ToldView(
        slug=product if isinstance(product, str) else None,
        id=whole_number(product) if isinstance(product, str) else product,
        user_id=claim.user_id if claim else None,
        stamp=claim.stamp if claim else None,
        session=session,
        address=_as_address(address),
        agent=agent.replace("\x00", "")[:AGENT_LENGTH] or None,
        referrer=referrer[:REFERRER_LENGTH] or None,
    )


@lru_cache(maxsize=1_024)
def is_robot(agent: str) -> bool:
    """Whether the user agent says that it is a program."""
    return ROBOT.search(agent) is not None


@transaction.atomic
def write_views(views: Sequence[ToldView]) -> int:
    """Write the views in one statement and return how many were counted.

    Left out are views of what is not on offer, repeats within VIEW_REPEAT_SECONDS, and those of a signed-in user
    whose session has ended by now: nothing is kept of who was erased while the view waited.
    """
    advisory_lock(LOCK)
    alive = sessions.alive({claim for view in views if (claim := view.claim)})
    told = [view for view in views if view.user_id is None or view.claim in alive]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, {"views": orjson.dumps(told).decode(), "window": settings.VIEW_REPEAT_SECONDS})
        counted: int = cursor.rowcount
        return counted


def _as_address(address: str) -> str | None:
    try:
        return str(ip_address(address.partition("%")[0]))
    except ValueError:
        return None
