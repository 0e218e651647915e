"""The id of the request being served, for log lines, problem documents and answers."""

import re
from contextvars import ContextVar
from random import getrandbits

_current: ContextVar[str] = ContextVar("request_id", default="")
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,64}")


def current_request_id() -> str:
    """The id of the request being served, or an empty string outside of one."""
    return _current.get()


def begin_request(offered: str | None) -> str:
    """Take the client's id where it is well-formed, else make one; it holds until the next call."""
    request_id = offered if offered and _WELL_FORMED.fullmatch(offered) else f"{getrandbits(128):032x}"
    _current.set(request_id)
    return request_id
