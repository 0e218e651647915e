"""Sentry: errors with their tracebacks, and nothing that names a person, a secret or a card.

What leaves goes through the redaction of log lines; bodies, headers, cookies, queries and local variables never do.
"""

from collections.abc import Mapping
from typing import Any

import sentry_sdk
from django.conf import settings

from common.audit.context import current_origin
from common.redaction import redacted
from common.request_id import current_request_id

_DEEPEST = 20
_OF_A_REQUEST = ("method", "url")


def begin(**options: Any) -> None:
    """Have errors of this process told; `options` are for tests, which give a transport of their own."""
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        environment=settings.SENTRY_ENVIRONMENT,
        release=settings.SENTRY_RELEASE or None,
        traces_sample_rate=settings.SENTRY_TRACES_SAMPLE_RATE,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        before_send=cleaned,
        before_send_transaction=cleaned,
        before_breadcrumb=cleaned_crumb,
        **options,
    )


def cleaned(event: Any, _hint: Any = None) -> Any:
    """The event as it may leave."""
    told = {name: value for name, value in event.items() if name not in {"user", "request"}}
    told = _clean(told)
    if request := event.get("request"):
        shown = {name: request[name] for name in _OF_A_REQUEST if name in request}
        told["request"] = _clean(shown | {"url": str(shown.get("url", "")).partition("?")[0]})
    told.setdefault("tags", {}).update(
        {name: value for name, value in (("request_id", current_request_id()), ("origin", current_origin())) if value}
    )
    return told


def cleaned_crumb(crumb: Any, _hint: Any = None) -> Any:
    """What happened before an error, as it may leave; statements by the kind of crumb alone."""
    return None if crumb.get("category") == "query" else _clean(crumb)


def _clean(value: Any, name: str = "", level: int = 0) -> Any:
    """The value with its structure, each part of it as a log line may say it."""
    if level < _DEEPEST and isinstance(value, Mapping):
        return {key: _clean(each, str(key), level + 1) for key, each in value.items()}
    if level < _DEEPEST and isinstance(value, list | tuple):
        return [_clean(each, name, level + 1) for each in value]
    return redacted(value, name)
