"""The steps that only read: lists, details, search, facets, suggestions, and what the client has already."""

import itertools
from collections.abc import Callable, Iterator
from urllib.parse import quote_plus

from tests.benchmarks import wire
from tests.benchmarks.load import Session, single_calls
from tests.benchmarks.stand import PLAIN, REFERENCE, SHOP, MakeSessions, Stand, Step
from tests.benchmarks.supplies import MOST, Supplies

PathsOf = Callable[[Supplies], list[str]]


def _list_paths(supplies: Supplies) -> list[str]:
    return ["/products/", *(f"/products/?page={page}" for page in range(2, supplies.list_pages + 1))]


def _deep_paths(supplies: Supplies) -> list[str]:
    """Pages of the last half of the list."""
    last = supplies.active // 24
    return [f"/products/?page={page}" for page in range(last // 2 + 1, last + 1, max(1, last // MOST))]


def _listcat_paths(supplies: Supplies) -> list[str]:
    pages = range(2, supplies.category_pages + 1)
    return [
        path
        for slug in supplies.categories
        for path in (f"/products/?category={slug}", *(f"/products/?category={slug}&page={page}" for page in pages))
    ]


def _detail_paths(supplies: Supplies) -> list[str]:
    return [f"/products/{slug}/" for slug in supplies.slugs]


def _search_paths(supplies: Supplies) -> list[str]:
    return [f"/products/?q={quote_plus(text)}" for text in supplies.searches]


def _facet_paths(supplies: Supplies) -> list[str]:
    by_category = [f"/products/facets/?category={slug}" for slug in supplies.categories]
    return [*by_category, *(f"/products/facets/?q={quote_plus(text)}" for text in supplies.searches)][:MOST]


def _suggest_paths(supplies: Supplies) -> list[str]:
    return [f"/products/suggest/?q={quote_plus(text)}" for text in supplies.prefixes]


def _again_and_again(requests: list[bytes], stand: Stand, step: str) -> Iterator[Session]:
    stand.supplies.chance(step).shuffle(requests)
    return single_calls(itertools.cycle(requests))


def _reading(paths: PathsOf, name: str) -> MakeSessions:
    def sessions(stand: Stand, _count: int) -> Iterator[Session]:
        return _again_and_again([wire.get(path) for path in paths(stand.supplies)], stand, name)

    return sessions


def _not_modified(stand: Stand, _count: int) -> Iterator[Session]:
    requests = []
    for path in _list_paths(stand.supplies):
        etag = stand.shop.ask(wire.get(path)).field("ETag")
        requests.append(wire.get(path, If_None_Match=etag))
    return _again_and_again(requests, stand, "NOT MODIFIED")


def _read(name: str, paths: PathsOf, *others: str) -> Step:
    return Step(name, _reading(paths, name), (SHOP, *others), paths=paths)


READS = (
    _read("LIST", _list_paths, REFERENCE, PLAIN),
    _read("LIST DEEP", _deep_paths, REFERENCE),
    _read("LISTCAT", _listcat_paths, REFERENCE, PLAIN),
    _read("DETAIL", _detail_paths, REFERENCE),
    _read("SEARCH", _search_paths, REFERENCE),
    _read("FACETS", _facet_paths),
    _read("SUGGEST", _suggest_paths),
    Step("NOT MODIFIED", _not_modified, good=frozenset({304})),
)
