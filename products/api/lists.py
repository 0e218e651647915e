"""Pages of products, put together from kept bodies; the statement behind a list is made once."""

import hashlib
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

import orjson
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.utils.urls import remove_query_param, replace_query_param

from common.api.pagination import no_such_page, requested_page, requested_page_size
from common.memory import Memory
from common.numbers import whole_number
from products.api.answers import Answer, Asked
from products.api.bodies import PUBLIC_ITEM, STAFF_ITEM, bodies_of
from products.querysets.anchors import FROM_PLACE, Anchor, Anchors
from products.querysets.found import FoundProducts
from products.querysets.marks import Marks
from products.querysets.pages import Count, CountStatement, PageStatement, ShownProduct
from products.querysets.ranked import read_ranked
from products.querysets.search import MOST_CHARACTERS

PAGE_SIZE = 24
_MOST_LISTS = 2_000
_MOST_LINKS = 8_000


class _Query(NamedTuple):
    """A query string taken apart: what makes the list, which is known by it, the text that is looked for, the page."""

    list: str
    text: str | None
    page: int

    @classmethod
    def of(cls, query: str) -> "_Query | None":
        """The parts; None where a page or a text is not plainly one."""
        others: list[str] = []
        asked: dict[str, str] = {}
        for part in query.split("&") if query else ():
            name, _, value = part.partition("=")
            if name not in {"page", "q"}:
                others.append(part)
            elif name in asked:
                return None
            else:
                asked[name] = value
        page = whole_number(asked.get("page", "1"))
        text = _text(asked["q"]) if "q" in asked else None
        return cls("&".join(others), text, page) if page and text != "" else None


def _text(value: str) -> str:
    """The text as the filter of the list takes it; empty where the filter has to look at it."""
    try:
        text = unquote_plus(value, errors="strict").strip()
    except UnicodeDecodeError:
        return ""
    return text if "\x00" not in text and len(text) <= MOST_CHARACTERS else ""


@dataclass(frozen=True)
class _KnownList:
    """How to read a list that was asked for, and found right, before.

    `from_product` reads pages from a product on, whose place was seen before.

    `tree` is the mark of the category tree by which it was understood; `counted_as` names the list where the number
    of its products depends on nothing but the catalogue's state.
    """

    statement: PageStatement
    from_product: PageStatement | None
    counting: CountStatement
    tree: int | None
    counted_as: tuple[Any, ...] | None
    size: int

    def read(self, page: int) -> "_Page | None":
        """The page; None where there is none, or the list has to be understood anew."""
        shown, marks = self._read_from((page - 1) * self.size)
        if marks is None or self.tree not in (None, marks.tree):
            return None
        return _Page(shown, self._count(marks), page, self.size)

    def _read_from(self, start: int) -> tuple[list[ShownProduct], Marks | None]:
        if self.from_product is None or start < FROM_PLACE:
            return self.statement.read(start, self.size)
        shown, marks = self._read_from_anchor(start, self.from_product)
        if marks is None:
            shown, marks = self.statement.read(start, self.size)
        if marks:
            _anchors.add(self.counted_as, marks, Anchor(start, shown[0].id))
        return shown, marks

    def _read_from_anchor(self, start: int, statement: PageStatement) -> tuple[list[ShownProduct], Marks | None]:
        """The page by what is known of the list; no marks where that is nothing, or true no more."""
        if known := _anchors.before(self.counted_as, start):
            anchor, then = known
            shown, marks = statement.read(start - anchor.place, self.size, anchor.product_id)
            if marks == then:
                return shown, marks
        return [], None

    def _count(self, marks: Marks) -> Count:
        count = _counts.get((self.counted_as, marks)) if self.counted_as else None
        if count is None:
            marks, count = self.counting.count()
            if self.counted_as:
                _counts.put((self.counted_as, marks), count)
        return count


@dataclass(frozen=True)
class _Page:
    """What a page shows, the number of all products of its list, and its own number and size."""

    shown: list[ShownProduct]
    count: Count
    number: int
    size: int

    @property
    def has_next(self) -> bool:
        """Whether the list goes on."""
        return self.number * self.size < self.count[0]


_known_lists: Memory[tuple[bool, str], _KnownList] = Memory(_MOST_LISTS)
# The size of the page of searches that ask for nothing else.
_known_searches: Memory[tuple[bool, str], int] = Memory(_MOST_LISTS)
_counts: Memory[tuple[Any, Marks], Count] = Memory(_MOST_LISTS)
_anchors = Anchors()
_links: Memory[str, tuple[str, str]] = Memory(_MOST_LINKS)


def answer_known(asked: Asked, *, staff: bool) -> Answer | None:
    """The answer to a list that is known; None where it is not, or is to be understood anew."""
    query = _Query.of(asked.query)
    if query is None:
        return None
    if query.text is not None:
        page = _search(query, query.text, staff=staff)
    else:
        known = _known_lists.get((staff, query.list))
        page = known.read(query.page) if known else None
    return _answer(asked, page, staff=staff) if page else None


def _search(query: _Query, text: str, *, staff: bool) -> _Page | None:
    size = _known_searches.get((staff, query.list))
    found = read_ranked(text, drafts=staff, start=(query.page - 1) * size, size=size) if size else None
    return _Page(found.shown, (found.count, False), query.page, size) if found and size else None


def answer_found(request: Request, products: FoundProducts, *, staff: bool) -> Answer:
    """The answer to an address that was just understood as these products; raises ValidationError for a page
    beyond the last."""
    asked = Asked.by(request)
    number, size = requested_page(request), requested_page_size(request, PAGE_SIZE)
    marks, count = products.counted
    if number > max(1, -(-count[0] // size)):
        raise no_such_page()
    statement = products.page_statement()
    shown = statement.read((number - 1) * size, size)[0] if statement else []
    if statement:
        _remember(_Query.of(asked.query), products, statement, marks, size=size, staff=staff)
    return _answer(asked, _Page(shown, count, number, size), staff=staff, did_you_mean=products.did_you_mean)


def _remember(
    query: _Query | None, products: FoundProducts, statement: PageStatement, marks: Marks, *, size: int, staff: bool
) -> None:
    if query is None:
        return
    if products.is_searched:
        if products.is_plain_search:
            _known_searches.put((staff, query.list), size)
        return
    counting = products.count_statement()
    counted_as = (staff, counting.counted) if products.is_counted_by_state else None
    if counted_as:
        _counts.put((counted_as, marks), products.counted[1])
    _known_lists.put(
        (staff, query.list),
        _KnownList(statement, products.statement_from_product(), counting, products.tree, counted_as, size),
    )


def _answer(asked: Asked, page: _Page, *, staff: bool, did_you_mean: str | None = None) -> Answer:
    """`{count, next, previous, results}`; where the client has it, no body is made."""
    body = STAFF_ITEM if staff else PUBLIC_ITEM
    envelope = _envelope(asked, page, did_you_mean)
    keys = "\n".join(body.keys_of(page.shown))
    etag = f'"{hashlib.blake2b(envelope + keys.encode(), digest_size=12).hexdigest()}"'
    if asked.has(etag):
        return Answer(etag, None)
    return Answer(etag, envelope[:-1] + b',"results":[' + b",".join(bodies_of(body, page.shown)) + b"]}")


def _envelope(asked: Asked, page: _Page, did_you_mean: str | None) -> bytes:
    following, before = _links_of(asked.query, page.number)
    envelope: dict[str, Any] = {
        "count": page.count[0],
        "next": asked.here + following if page.has_next else None,
        "previous": asked.here + before if page.number > 1 else None,
    }
    if page.count[1]:
        envelope["count_is_estimate"] = True
    if did_you_mean:
        envelope["did_you_mean"] = did_you_mean
    return orjson.dumps(envelope)


def _links_of(query: str, number: int) -> tuple[str, str]:
    """The addresses of the pages beside this one, without the shop's own."""
    links = _links.get(query)
    if links is None:
        here = f"{reverse('products')}?{query}"
        before = replace_query_param(here, "page", number - 1) if number > 2 else remove_query_param(here, "page")
        links = replace_query_param(here, "page", number + 1), before
        _links.put(query, links)
    return links
