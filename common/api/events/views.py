"""The feed of events, for staff with `common.read_outboxevent`."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from common import feed
from common.api.events.serializers import EventPageSerializer, ReadEventsSerializer
from common.api.permissions import staff_with
from common.api.views import ApiView


@extend_schema(tags=["events and webhooks"])
class EventsView(ApiView):
    """The feed."""

    permission_classes = (staff_with("common.read_outboxevent"),)
    refusals = {"get": (feed.EventsDropped,)}
    query_params = tuple(ReadEventsSerializer().fields)

    @extend_schema(parameters=[ReadEventsSerializer], responses=EventPageSerializer)
    def get(self, request: Request) -> Response:
        """What happened, the oldest first; asked with `after` again and again, every event comes exactly once."""
        asked = ReadEventsSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        page = feed.read(
            size=wanted["page_size"],
            after=wanted.get("after"),
            before=wanted.get("before"),
            types=wanted.get("type", ()),
        )
        return Response(EventPageSerializer({**_links(request, page), "results": page.events}).data)


def _links(request: Request, page: feed.Page) -> dict[str, str | None]:
    """Addresses of the pages around this one; none where nothing is there now, or the page is empty."""
    here = remove_query_param(remove_query_param(request.build_absolute_uri(), "after"), "before")
    links: dict[str, str | None] = {"next": None, "previous": None}
    if page.events and page.has_after:
        links["next"] = replace_query_param(here, "after", page.events[-1].id)
    if page.events and page.has_before:
        links["previous"] = replace_query_param(here, "before", page.events[0].id)
    return links
