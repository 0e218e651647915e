"""What a view declares of its deprecated parts, and the fields that tell callers (RFC 9745, RFC 8594)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.http import http_date


@dataclass(frozen=True)
class Deprecated:
    """Since when it is deprecated, when it ends (if that is known), what to use instead, and where to read of it.

    `successor` and `link` are addresses, or paths of the shop.
    """

    since: date
    sunset: date | None = None
    successor: str = ""
    link: str = ""

    def fields(self) -> dict[str, str]:
        """The fields of an answer that say so."""
        told = {"Deprecation": f"@{_seconds(self.since)}"}
        if self.sunset:
            told["Sunset"] = http_date(_seconds(self.sunset))
        related = (("deprecation", self.link), ("successor-version", self.successor))
        if links := [f'<{address}>; rel="{relation}"' for relation, address in related if address]:
            told["Link"] = ", ".join(links)
        return told

    def in_words(self, what: str) -> str:
        """A sentence or two for the OpenAPI document."""
        end = f"; ends on {self.sunset.isoformat()}" if self.sunset else ""
        instead = f" Use `{self.successor}` instead." if self.successor else ""
        return f"{what} deprecated since {self.since.isoformat()}{end}.{instead}"


def _seconds(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())


@dataclass(frozen=True)
class Part:
    """A method of a view, or only a query parameter (`?`) or a field of the body (`.`) of it."""

    method: str
    kind: str = ""
    name: str = ""

    @classmethod
    def read(cls, text: str) -> "Part":
        """Of `GET`, `GET ?name` or `POST .name`."""
        method, _, rest = text.partition(" ")
        return cls(method, rest[:1], rest[1:])

    def is_used(self, request: Any) -> bool:
        """Whether the request, which has the method, uses it."""
        if self.kind == "?":
            return self.name in request.query_params
        if self.kind == ".":
            return isinstance(request.data, Mapping) and self.name in request.data
        return True


def used(declared: Mapping[str, Deprecated], request: Any) -> Iterator[tuple[str, Deprecated]]:
    """What of the declared a request uses."""
    for text, deprecated in declared.items():
        part = Part.read(text)
        if part.method == ("GET" if request.method == "HEAD" else request.method) and part.is_used(request):
            yield text, deprecated


def fields_of(parts: Iterable[Deprecated]) -> dict[str, str]:
    """The fields for several parts at once: the earliest dates of each, and all links."""
    several = list(parts)
    sunset = min((each.sunset for each in several if each.sunset), default=None)
    told = Deprecated(min(each.since for each in several), sunset).fields()
    if links := dict.fromkeys(link for each in several if (link := each.fields().get("Link"))):
        told["Link"] = ", ".join(links)
    return told


def named(text: str, route: str) -> str:
    """The name under which calls are counted and reported: `GET api/v1/things/ ?colour`."""
    part = Part.read(text)
    return f"{part.method} {route} {part.kind}{part.name}".strip()


def all_declared() -> dict[str, Deprecated]:
    """Everything that any view of the shop declares, by its name."""
    return dict(_declared(get_resolver().url_patterns, ""))


def _declared(patterns: Iterable[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, Deprecated]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _declared(pattern.url_patterns, route)
            continue
        view = getattr(pattern.callback, "cls", None)
        methods = {method.upper() for method in getattr(pattern.callback, "actions", None) or ()}
        for text, deprecated in getattr(view, "deprecated", {}).items():
            if not methods or Part.read(text).method in methods:
                yield named(text, route), deprecated
