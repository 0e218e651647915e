"""The address of the feed, below /api/v1/."""

from django.urls import path

from common.api.events.views import EventsView

urlpatterns = [path("events/", EventsView.as_view(), name="events")]
