"""Counters in Redis: any number of them looked at and counted in one round trip, or none of them where one is full."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from common.limits.breaker import Breaker
from common.limits.policies import Delay, Verdict, Window, judge

logger = structlog.stdlib.get_logger(__name__)

PAUSE_SECONDS = 5.0
breaker = Breaker(PAUSE_SECONDS)

# KEYS: the windows, then, with a delay, its counter of uses and its mark. ARGV: how many windows and how much this use
# counts for, each window's quota and milliseconds, then the delay's free uses, longest pause and memory.
# Answers whether it was counted, the milliseconds held, and for each window its count and the milliseconds left.
SCRIPT = """
local windows, cost = tonumber(ARGV[1]), tonumber(ARGV[2])
local refused, held, seen = 0, 0, {}
for i = 1, windows do
    local count = tonumber(redis.call('GET', KEYS[i]) or '0')
    local left = redis.call('PTTL', KEYS[i])
    if left < 0 then left = tonumber(ARGV[2 * i + 2]) end
    if count + cost > tonumber(ARGV[2 * i + 1]) then refused = 1 end
    seen[2 * i - 1], seen[2 * i] = count + cost, left
end
if #KEYS > windows then
    held = math.max(redis.call('PTTL', KEYS[windows + 2]), 0)
    if held > 0 then refused = 1 end
end
if refused == 0 then
    for i = 1, windows do
        redis.call('INCRBY', KEYS[i], cost)
        redis.call('PEXPIRE', KEYS[i], seen[2 * i])
    end
    if #KEYS > windows then
        local at = 2 * windows + 3
        local uses = redis.call('INCR', KEYS[windows + 1])
        redis.call('PEXPIRE', KEYS[windows + 1], ARGV[at + 2])
        local beyond = uses - tonumber(ARGV[at])
        if beyond >= 0 then
            local pause = math.min(1000 * 2 ^ math.min(beyond, 30), tonumber(ARGV[at + 1]))
            redis.call('SET', KEYS[windows + 2], '1', 'PX', string.format('%d', pause))
        end
    end
end
return {1 - refused, held, unpack(seen)}
"""


class RedisAway(Exception):
    """Redis does not answer, or did not a moment ago."""


def count(windows: Sequence[Window], delay: Delay | None = None, *, cost: int = 1) -> Verdict:
    """Count a use in all windows, or in none where one is full or the delay holds; raises RedisAway."""
    keys = [window.key for window in windows]
    args: list[int] = [len(windows), cost]
    for window in windows:
        args += [window.rate.quota, window.rate.seconds * 1000]
    if delay:
        keys += _keys_of(delay)
        args += [delay.free, delay.longest_seconds * 1000, delay.forgotten_seconds * 1000]
    _is_counted, held, *seen = _ask(lambda: _script()(keys=keys, args=args))
    counts = [(window, seen[2 * i], seen[2 * i + 1] / 1000) for i, window in enumerate(windows)]
    return judge(counts, cost=cost, held_seconds=held / 1000)


def forget(delay: Delay, *windows: Window) -> None:
    """Begin the delay, and these windows, anew; raises RedisAway."""
    keys = [*_keys_of(delay), *(window.key for window in windows)]
    _ask(lambda: _client(settings.REDIS_URL, settings.LIMIT_REDIS_TIMEOUT_SECONDS).delete(*keys))


def _keys_of(delay: Delay) -> list[str]:
    return [f"{delay.key}:uses", f"{delay.key}:held"]


def _ask(question: Any) -> Any:
    if not breaker.lets_through():
        raise RedisAway
    try:
        answer = question()
    except (redis.RedisError, OSError) as error:
        if breaker.failed():
            logger.warning("limits_without_redis", error=type(error).__name__)
        raise RedisAway from error
    if breaker.worked():
        logger.info("limits_with_redis_again")
    return answer


def _script() -> Any:
    return _scripts(settings.REDIS_URL, settings.LIMIT_REDIS_TIMEOUT_SECONDS)


@cache
def _scripts(url: str, timeout_seconds: float) -> Any:
    return _client(url, timeout_seconds).register_script(SCRIPT)


@cache
def _client(url: str, timeout_seconds: float) -> "redis.Redis":
    """Connections of the limits' own: with a time-out shorter than the cache's, and without a second try."""
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=timeout_seconds,
        socket_timeout=timeout_seconds,
        retry=Retry(NoBackoff(), 0),
    )
