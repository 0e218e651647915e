"""Pages of products, put together from kept bodies; the statement behind an address is made once."""

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson
from rest_framework.request import Request
from rest_framework.utils.urls import remove_query_param, replace_query_param

from common.api.pagination import no_such_page, requested_page, requested_page_size
from common.memory import Memory
from products.api.answers import Answer, Asked
from products.api.bodies import PUBLIC_ITEM, STAFF_ITEM, Body, bodies_of
from products.querysets.found import FoundProducts
from products.querysets.marks import Marks
from products.querysets.pages import Count, CountStatement, PageStatement, ShownProduct

PAGE_SIZE = 24
_MOST_ADDRESSES = 4_000


@dataclass(frozen=True)
class Address:
    """What a list's address asks for: which page of what, for whom, and the links beside it."""

    body: Body
    number: int
    size: int
    next: str
    previous: str

    @classmethod
    def of(cls, request: Request, *, staff: bool) -> "Address":
        """That of the request; raises ValidationError for a page or size that is none."""
        number, path = requested_page(request), request.get_full_path()
        back = replace_query_param(path, "page", number - 1) if number > 2 else remove_query_param(path, "page")
        return cls(
            body=STAFF_ITEM if staff else PUBLIC_ITEM,
            number=number,
            size=requested_page_size(request, PAGE_SIZE),
            next=replace_query_param(path, "page", number + 1),
            previous=back,
        )

    def number_of_pages(self, count: int) -> int:
        """How many pages so many products fill; an empty list has one."""
        return max(1, -(-count // self.size))


@dataclass(frozen=True)
class KnownPage:
    """How to read the page behind an address that was asked for, and found right, before.

    `tree` is the mark of the category tree by which it was understood; `counted_as` names the list where the number
    of its products depends on nothing but the catalogue's state.
    """

    address: Address
    statement: PageStatement
    counting: CountStatement
    tree: int | None
    counted_as: tuple[Any, ...] | None

    def read(self) -> tuple[list[ShownProduct], Count] | None:
        """Its products and the number of all; None where the address has to be understood anew."""
        shown, marks = self.statement.read()
        if marks is None or self.tree not in (None, marks.tree):
            return None
        return shown, self._count(marks)

    def _count(self, marks: Marks) -> Count:
        count = _counts.get((self.counted_as, marks)) if self.counted_as else None
        if count is None:
            marks, count = self.counting.count()
            if self.counted_as:
                _counts.put((self.counted_as, marks), count)
        return count


_known_pages: Memory[tuple[bool, str], KnownPage] = Memory(_MOST_ADDRESSES)
_counts: Memory[tuple[Any, Marks], Count] = Memory(_MOST_ADDRESSES)


def answer_known(asked: Asked, *, staff: bool) -> Answer | None:
    """The answer to an address that is known; None where it is not, or is to be understood anew."""
    known = _known_pages.get((staff, asked.query))
    found = known.read() if known else None
    return _answer(asked, known.address, *found) if known and found else None


def answer_found(request: Request, products: FoundProducts, *, staff: bool) -> Answer:
    """The answer to an address that was just understood as these products; raises ValidationError for a page
    beyond the last."""
    asked, address = Asked.by(request), Address.of(request, staff=staff)
    marks, count = products.counted
    if address.number > address.number_of_pages(count[0]):
        raise no_such_page()
    end = address.number * address.size
    statement = products.page_statement(end - address.size, end)
    if statement is None:
        return _answer(asked, address, [], count)
    if not products.is_searched:
        counting = products.count_statement()
        counted_as = (staff, counting.counted) if products.is_counted_by_state else None
        if counted_as:
            _counts.put((counted_as, marks), count)
        known = KnownPage(address, statement, counting, products.tree, counted_as)
        _known_pages.put((staff, asked.query), known)
    return _answer(asked, address, statement.read()[0], count, products.did_you_mean)


def _answer(
    asked: Asked, address: Address, shown: list[ShownProduct], count: Count, did_you_mean: str | None = None
) -> Answer:
    """`{count, next, previous, results}`; where the client has it, no body is made."""
    envelope = _envelope(asked.here, address, count, did_you_mean)
    keys = "\n".join([address.body.key_of(each) for each in shown])
    etag = f'"{hashlib.blake2b(envelope + keys.encode(), digest_size=12).hexdigest()}"'
    if asked.has(etag):
        return Answer(etag, None)
    return Answer(etag, envelope[:-1] + b',"results":[' + b",".join(bodies_of(address.body, shown)) + b"]}")


def _envelope(here: str, address: Address, count: Count, did_you_mean: str | None) -> bytes:
    has_next = address.number < address.number_of_pages(count[0])
    envelope: dict[str, Any] = {
        "count": count[0],
        "next": here + address.next if has_next else None,
        "previous": here + address.previous if address.number > 1 else None,
    }
    if count[1]:
        envelope["count_is_estimate"] = True
    if did_you_mean:
        envelope["did_you_mean"] = did_you_mean
    return orjson.dumps(envelope)
