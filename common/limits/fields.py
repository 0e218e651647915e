"""The fields RateLimit and RateLimit-Policy of an answer (draft-ietf-httpapi-ratelimit-headers-11).

Both are lists of structured fields, one item per window: `"cart";q=240;w=60` says so many in so many seconds, and
`"cart";r=12;t=41` that twelve are left and that it begins anew in 41 seconds.
"""

from contextvars import ContextVar

from common.limits.policies import Standing, whole_seconds

_noted: ContextVar[tuple[Standing, ...]] = ContextVar("rate_limits", default=())


def begin() -> None:
    """Forget what was noted for the answer before."""
    _noted.set(())


def note(standings: tuple[Standing, ...]) -> None:
    """Have the answer being made tell how its client stands with these windows."""
    _noted.set(_noted.get() + standings)


def noted() -> dict[str, str]:
    """The fields of the answer being made; none where nothing was counted."""
    return fields_of(_noted.get())


def fields_of(standings: tuple[Standing, ...]) -> dict[str, str]:
    """The fields that tell of the standings."""
    if not standings:
        return {}
    policies = (f'"{s.window.name}";q={s.window.rate.quota};w={s.window.rate.seconds}' for s in standings)
    left = (f'"{s.window.name}";r={s.remaining};t={whole_seconds(s.reset_seconds)}' for s in standings)
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(left)}
