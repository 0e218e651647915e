"""Pages of lists: by number with a bounded count, or by cursor where rows keep arriving."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property
from rest_framework import pagination
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.counting import BoundedCount
from common.numbers import whole_number

MAX_PAGE_SIZE = 100
PAGE_SIZE_ERROR = f"A whole number from 1 to {MAX_PAGE_SIZE}."


class BoundedCountPaginator(Paginator[Any]):
    """Counts exactly up to 10,000 rows and takes the planner's estimate beyond, so no list pays for a full count."""

    count_is_estimate = False

    @cached_property
    def count(self) -> int:
        if isinstance(self.object_list, QuerySet):
            counted, self.count_is_estimate = BoundedCount.of(self.object_list).count()
            return counted
        counted = len(self.object_list)
        self.count_is_estimate = getattr(self.object_list, "count_is_estimate", False)
        return counted


def _refuse(field: str, detail: str) -> ValidationError:
    return ValidationError({field: [detail]}, code="invalid")


def requested_page_size(request: Request, default: int) -> int:
    """The page size that the client asks for; raises ValidationError unless it is 1 to 100."""
    raw = request.query_params.get("page_size")
    if raw is None:
        return default
    size = whole_number(raw)
    if size is None or not 1 <= size <= MAX_PAGE_SIZE:
        raise _refuse("page_size", PAGE_SIZE_ERROR)
    return size


def requested_page(request: Request) -> int:
    """The number of the page that the client asks for; raises ValidationError unless it is 1 or more."""
    number = whole_number(request.query_params.get("page", "1"))
    if not number:
        raise _refuse("page", "A whole number from 1.")
    return number


def no_such_page() -> ValidationError:
    """What to raise for a page beyond the last."""
    return _refuse("page", "There is no such page.")


class PagePagination(pagination.PageNumberPagination):
    """`{count, next, previous, results}` by page number; a page that does not exist is 400."""

    page_size = 24
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE_SIZE
    django_paginator_class = BoundedCountPaginator
    query_params = ("page", "page_size")

    def get_page_size(self, request: Request) -> int:
        return requested_page_size(request, self.page_size)

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any] | None:
        number = requested_page(request)
        self.request = request
        paginator = self.django_paginator_class(queryset, self.get_page_size(request))
        if number > paginator.num_pages:
            raise no_such_page()
        page = self.page = paginator.page(number)
        return list(page)

    def get_paginated_response(self, data: Any) -> Response:
        if self.page is None:
            raise RuntimeError("the page has not been cut yet")
        body = {
            "count": self.page.paginator.count,
            "next": self.get_next_link(),
            "previous": self.get_previous_link(),
            "results": data,
        }
        if getattr(self.page.paginator, "count_is_estimate", False):
            body["count_is_estimate"] = True
        return Response(body)


class NewestFirstCursorPagination(pagination.CursorPagination):
    """`{next, previous, results}` from the newest row down, by an opaque cursor; deep pages cost no more."""

    page_size = 24
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE_SIZE
    ordering = "-id"
    query_params = ("cursor", "page_size")

    def get_page_size(self, request: Request) -> int:
        return requested_page_size(request, self.page_size)

    def decode_cursor(self, request: Request) -> pagination.Cursor | None:
        try:
            cursor = super().decode_cursor(request)
        except Exception as error:
            raise _refuse("cursor", "Not a cursor of this list.") from error
        if cursor and cursor.position is not None and whole_number(str(cursor.position)) is None:
            raise _refuse("cursor", "Not a cursor of this list.")
        return cursor
