"""How long statements take: added up for each thread, and told by name in the log where one takes too long.

A name holds no value: neither parameters nor literals, since these are people's names and secrets.
"""

import math
import re
import threading
from typing import Any

import structlog
from django.conf import settings

from common.audit.context import current_origin

logger = structlog.stdlib.get_logger(__name__)

MOST_CHARACTERS = 500
_MOST_READ = 20_000
_COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
_LITERAL = re.compile(
    r"\b[Ee]'(?:[^'\\]|\\.|'')*'"  # with backslashes
    r"|'(?:[^']|'')*'"
    r"|\$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$"
    r"|(?<![\w$%.\"])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b",
    re.DOTALL,
)
_SERIES = re.compile(r"(?:\?|%s)(?:\s*,\s*(?:\?|%s))+")
_BLANKS = re.compile(r"\s+")
_VERB = re.compile(r"\w+")
_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE|TABLE|ON)\s+(?:ONLY\s+)?(?:\w+\.)?(\w+)", re.IGNORECASE)


class _Slow:
    """From how many seconds on a statement is slow; kept here, as to ask the settings costs more than all the rest."""

    def __init__(self) -> None:
        self.seconds = math.inf

    def read_settings(self) -> None:
        """Do as SLOW_QUERY_SECONDS says from now on."""
        self.seconds = settings.SLOW_QUERY_SECONDS or math.inf


slow = _Slow()


class _Tally(threading.local):
    """What this thread's statements came to so far."""

    count = 0
    seconds = 0.0


tally = _Tally()


def took(query: Any, seconds: float) -> None:
    """Note a statement that has ended, well or not."""
    tally.count += 1
    tally.seconds += seconds
    if seconds >= slow.seconds:
        shape = shape_of(query)
        logger.warning(
            "slow_query",
            seconds=round(seconds, 3),
            statement=name_of(shape),
            origin=current_origin(),
            sql=shape[:MOST_CHARACTERS],
        )


def shape_of(query: Any) -> str:
    """The statement on one line with `?` for every literal; of a very long one its beginning."""
    text = query.decode(errors="replace") if isinstance(query, bytes) else str(query)
    text = _LITERAL.sub("?", _COMMENT.sub(" ", text[:_MOST_READ])).partition("'")[0]  # one that was cut has no end
    text = _SERIES.sub("?, …", text.replace('"', ""))
    return _BLANKS.sub(" ", text).strip()


def name_of(shape: str) -> str:
    """What it does and to which table first, such as `SELECT products_product`."""
    verb, table = _VERB.search(shape), _TABLE.search(shape)
    return f"{verb[0].upper() if verb else '?'} {table[1] if table else ''}".strip()
