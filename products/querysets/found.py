"""What a list of products finds: its filters, its search as typed or as meant, its number and its order."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

from django.db.models import Q

from common.api.pagination import bounded_count
from products.querysets.nearest import Nearest, find_nearest
from products.querysets.plans import by_index
from products.querysets.products import ProductQuerySet
from products.querysets.search import Search, says_what_it_means, search_as_typed

if TYPE_CHECKING:
    from products.models import Product

RELEVANCE = "relevance"
NEWEST = "newest"
MOST_RANKED = 9_000  # with the rows of the page itself, and of drafts, a page reads less than 10,000


class FoundProducts(Sequence["Product"]):
    """The products that filters and a search find, in order; nothing is asked before it is needed.

    `narrowed` are those of the `visible` ones that the filters leave. A search whose text finds nothing of what is
    visible, whatever the filters say, stands for the nearest one that does; `did_you_mean` is that one's text.

    A search is ordered by relevance, or, where it finds more than can be ranked, by what sells best.
    """

    def __init__(
        self, *, visible: ProductQuerySet, narrowed: ProductQuerySet, is_filtered: bool, text: str, ordering: str
    ) -> None:
        self._visible = visible
        self._narrowed = narrowed
        self._is_filtered = is_filtered or bool(text)
        self._text = text
        self._ordering = ordering or (RELEVANCE if text else NEWEST)
        self._nearest: Nearest | None = None
        self._search: Search | None = search_as_typed(text) if text else None

    @property
    def did_you_mean(self) -> str | None:
        """What the search stands for instead of the text; None unless the text finds nothing."""
        return self._nearest.text if self._nearest else None

    @property
    def count_is_estimate(self) -> bool:
        """Whether there are too many to count."""
        return self._counted[1]

    def by_index(self) -> AbstractContextManager[None]:
        """What to read the products in; a list without filters goes by an index as it is."""
        return by_index() if self._is_filtered else nullcontext()

    def first_rows(self, *columns: str, most: int) -> tuple[ProductQuerySet, list[Any]]:
        """All matches as a queryset, and some columns of the first, in no order."""
        rows = list(self._matches.order_by().values_list(*columns)[:most])
        if not rows and self._turn_to_nearest():
            rows = list(self._matches.order_by().values_list(*columns)[:most])
        return self._matches, rows

    def __len__(self) -> int:
        return self._counted[0]

    @overload
    def __getitem__(self, place: int) -> "Product": ...

    @overload
    def __getitem__(self, place: slice) -> list["Product"]: ...

    def __getitem__(self, place: int | slice) -> Any:
        products = self._ordered.for_list()
        return list(products[place]) if isinstance(place, slice) else products[place]

    @property
    def _matches(self) -> ProductQuerySet:
        return self._narrowed.matching(self._search) if self._search else self._narrowed

    @cached_property
    def _counted(self) -> tuple[int, bool]:
        counted = self._count()
        return self._count() if not counted[0] and self._turn_to_nearest() else counted

    def _count(self) -> tuple[int, bool]:
        return bounded_count(self._matches)

    def _turn_to_nearest(self) -> bool:
        """Whether there is something nearer to what was meant; typos are looked for only here."""
        if self._search is None or says_what_it_means(self._text):
            return False
        if self._visible.matching(self._search).exists():
            return False  # the words are right, it is the other filters that leave nothing
        self._nearest = find_nearest(self._visible, self._search.folded)
        if self._nearest:
            self._search = self._nearest.search
        return self._nearest is not None

    @property
    def _ordered(self) -> ProductQuerySet:
        if self._search is None or self._ordering != RELEVANCE:
            return self._matches.ordered_by(self._ordering)
        if len(self) <= MOST_RANKED:
            return self._matches.most_relevant_first(self._search)
        if not self._search.codes:
            return self._matches.best_sellers_first()
        some = Q(id__in=self._matches.values("id")[:MOST_RANKED]) | Q(id__in=self._search.codes)
        return self._narrowed.filter(some).most_relevant_first(self._search)
