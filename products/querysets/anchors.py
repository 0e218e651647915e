"""Where in a long list products were seen, so that the next page beyond them begins there and not at the top.

PostgreSQL finds the thousandth page by walking past all that comes before it. Whoever leafs through a shop asks for one
page after the other, so the walk is mostly known: the product that stood at a place is an anchor as long as the
catalogue's marks say that nothing has come or gone.
"""

import threading
from bisect import bisect_right, insort
from typing import NamedTuple

from common.memory import Memory
from products.querysets.marks import Marks

FROM_PLACE = 1_000  # a shorter walk costs less than it brings to know the way
_MOST_PLACES = 4_000
_MOST_LISTS = 200


class Anchor(NamedTuple):
    """That a list had the product at the place, counted from 0."""

    place: int
    product_id: int


class _Places:
    """The anchors of a list in one state of the catalogue."""

    def __init__(self, marks: Marks) -> None:
        self.marks = marks
        self.known: list[Anchor] = []
        self.lock = threading.Lock()


class Anchors:
    """The anchors of all lists that were leafed through lately; a list is known by a name that says all about it."""

    def __init__(self) -> None:
        self._lists: Memory[object, _Places] = Memory(_MOST_LISTS)

    def before(self, name: object, place: int) -> tuple[Anchor, Marks] | None:
        """The last anchor at or before the place, and the state in which it was true."""
        places = self._lists.get(name)
        if places is None:
            return None
        with places.lock:
            found = bisect_right(places.known, place, key=lambda anchor: anchor.place)
            return (places.known[found - 1], places.marks) if found else None

    def add(self, name: object, marks: Marks, anchor: Anchor) -> None:
        """Remember where a product was seen in this state; what was known of another state is forgotten."""
        places = self._lists.get(name)
        if places is None or places.marks != marks:
            places = _Places(marks)
            self._lists.put(name, places)
        with places.lock:
            if len(places.known) < _MOST_PLACES and anchor not in places.known:
                insort(places.known, anchor)

    def clear(self) -> None:
        """Forget everything."""
        self._lists.clear()
