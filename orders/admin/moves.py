"""The buttons and list actions that move orders, each through the service of the same name."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from common.admin_bases import go_to
from common.errors import DomainError
from common.numbers import whole_number
from orders.models import Order


class ShipForm(BaseDialogForm):
    """How to follow the parcel."""

    tracking_number = forms.CharField(max_length=255, widget=UnfoldAdminTextInputWidget)


class CancelForm(BaseDialogForm):
    """Why."""

    reason = forms.CharField(max_length=500, required=False, widget=UnfoldAdminTextInputWidget)


def move_one(request: HttpRequest, order_id: int, service: Callable[..., Order], **facts: Any) -> HttpResponse:
    """Move one order and go back to its page, with a message of what came of it."""
    order = get_object_or_404(Order, pk=whole_number(str(order_id)))
    _move(request, order, service, facts)
    page = reverse("admin:orders_order_change", args=[order_id])
    return go_to(request, page)


def move_many(request: HttpRequest, orders: QuerySet[Order], service: Callable[..., Order], **facts: Any) -> None:
    """Move each of the orders; one that may not move does not stop the others."""
    for order in orders.order_by("pk"):
        _move(request, order, service, facts)


def _move(request: HttpRequest, order: Order, service: Callable[..., Order], facts: dict[str, Any]) -> None:
    try:
        moved = service(order_number=order.order_number, actor=request.user, **facts)
    except DomainError as error:
        messages.error(request, f"{order.order_number}: {error.detail}")
    else:
        messages.success(request, f"{order.order_number} is now {moved.get_status_display().lower()}.")
