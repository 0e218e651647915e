"""What a list of products finds: its filters, its search as typed or as meant, its number and its order."""

from collections.abc import Mapping
from contextlib import nullcontext
from functools import cached_property
from typing import Any

from django.db.models import Q

from common.counting import BoundedCount
from products.querysets.marks import Marks
from products.querysets.nearest import Nearest, find_nearest
from products.querysets.pages import Count, CountStatement, PageStatement
from products.querysets.plans import by_index
from products.querysets.products import ProductQuerySet
from products.querysets.search import Search, says_what_it_means, search_as_typed

RELEVANCE = "relevance"
NEWEST = "newest"
MOST_RANKED = 9_000  # with the rows of the page itself, and of drafts, a page reads less than 10,000


class FoundProducts:
    """The products that filters and a search find, in order; nothing is asked before it is needed.

    `narrowed` are those of the `visible` ones that the `filters` leave, which are what was asked for by name. A search
    whose text finds nothing of what is visible, whatever the filters say, stands for the nearest one that does;
    `did_you_mean` is that one's text.

    A search is ordered by relevance, or, where it finds more than can be ranked, by what sells best.
    """

    def __init__(
        self,
        *,
        visible: ProductQuerySet,
        narrowed: ProductQuerySet,
        filters: Mapping[str, Any],
        text: str,
        ordering: str,
    ) -> None:
        self._visible = visible
        self._narrowed = narrowed
        self._filters = filters
        # A list without filters goes by an index as it is.
        self._by_index = bool(filters or text)
        self._text = text
        self._ordering = ordering or (RELEVANCE if text else NEWEST)
        self._nearest: Nearest | None = None
        self._search: Search | None = search_as_typed(text) if text else None

    @property
    def is_searched(self) -> bool:
        """Whether there is a text, whose meaning depends on what there is to find."""
        return bool(self._text)

    @property
    def is_counted_by_state(self) -> bool:
        """Whether their number depends on nothing but the state of the catalogue that `Marks` tell."""
        return not self._text and self._filters.keys() <= {"category"}

    @property
    def tree(self) -> int | None:
        """The mark of the category tree whose ids they were filtered by; None where no category was asked for."""
        return self._filters["category"].tree if "category" in self._filters else None

    @property
    def did_you_mean(self) -> str | None:
        """What the search stands for instead of the text; None unless the text finds nothing."""
        return self._nearest.text if self._nearest else None

    @cached_property
    def counted(self) -> tuple[Marks, Count]:
        """The state that they were counted in; how many there are, and whether that is an estimate."""
        counted = self.count_statement().count()
        return self.count_statement().count() if not counted[1][0] and self._turn_to_nearest() else counted

    def count_statement(self) -> CountStatement:
        """The statement that counts them; of a search, as it stands now."""
        return CountStatement(BoundedCount.of(self._matches), self._by_index)

    def page_statement(self) -> PageStatement | None:
        """The statement that reads their pages; None where there can be none."""
        return PageStatement.of(self._ordered, by_index=self._by_index)

    def statement_from_product(self) -> PageStatement | None:
        """The statement that reads pages from a product on, whose places change only with the catalogue's marks."""
        if self._ordering != NEWEST or not self.is_counted_by_state:
            return None
        return PageStatement.from_product(self._ordered, by_index=self._by_index)

    @property
    def is_plain_search(self) -> bool:
        """Whether it is by relevance, of everything that is visible."""
        return bool(self._text) and not self._filters and self._ordering == RELEVANCE

    def first_rows(self, *columns: str, most: int) -> tuple[ProductQuerySet, list[Any]]:
        """All matches as a queryset, and some columns of the first, in no order."""
        with by_index() if self._by_index else nullcontext():
            rows = list(self._matches.order_by().values_list(*columns)[:most])
            if not rows and self._turn_to_nearest():
                rows = list(self._matches.order_by().values_list(*columns)[:most])
        return self._matches, rows

    @property
    def _matches(self) -> ProductQuerySet:
        return self._narrowed.matching(self._search) if self._search else self._narrowed

    def _turn_to_nearest(self) -> bool:
        """Whether there is something nearer to what was meant; typos are looked for only here."""
        if self._search is None or says_what_it_means(self._text):
            return False
        with by_index():
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
        if self.counted[1][0] <= MOST_RANKED:
            return self._matches.most_relevant_first(self._search)
        if not self._search.codes:
            return self._matches.best_sellers_first()
        some = Q(id__in=self._matches.values("id")[:MOST_RANKED]) | Q(id__in=self._search.codes)
        return self._narrowed.filter(some).most_relevant_first(self._search)
