"""The buttons and list actions that move money, each through a service, and the forms that they ask with."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from common.admin_bases import go_to
from common.errors import DomainError
from payments.models import Payment, Refund
from payments.services import payments, refunds


class RefundAmountForm(BaseDialogForm):
    """How much goes back, and why."""

    amount = forms.DecimalField(
        min_value=Decimal("0.01"), max_digits=10, decimal_places=2, widget=UnfoldAdminDecimalFieldWidget
    )
    reason = forms.CharField(max_length=1000, required=False, widget=UnfoldAdminTextInputWidget)


class RefundAllForm(BaseDialogForm):
    """Why everything goes back, and whether the goods do."""

    reason = forms.CharField(max_length=1000, required=False, widget=UnfoldAdminTextInputWidget)
    restock = forms.BooleanField(required=False, label="Put the goods back to stock", widget=UnfoldBooleanSwitchWidget)


def capture(request: HttpRequest, payment: Payment) -> None:
    """Book the money of a bank transfer."""

    def book() -> str:
        booked = payments.capture_payment(payment_id=payment.pk, actor=_user(request))
        return "came for a settled order and goes back" if booked.is_surplus else "is captured"

    _attempt(request, payment, book)


def refund_amount(request: HttpRequest, payment: Payment, *, amount: Decimal, reason: str) -> None:
    """Give a part back."""
    _refund(request, payment, amount=amount, reason=reason)


def refund_all(request: HttpRequest, payment: Payment, *, reason: str, restock: bool) -> None:
    """Give everything back that is left."""
    _refund(request, payment, amount=payment.amount - payment.refunded_amount, reason=reason, restock=restock)


def for_each(request: HttpRequest, rows: QuerySet[Payment], do: Callable[..., None], **facts: Any) -> None:
    """Do it for each payment; one that refuses does not stop the others."""
    for payment in rows.select_related("order").order_by("pk"):
        do(request, payment, **facts)


def back_to(request: HttpRequest, payment: Payment) -> HttpResponse:
    """The payment's page, whether the button stood on it or in a dialog over it."""
    page = reverse("admin:payments_payment_change", args=[payment.pk])
    return go_to(request, page)


def _refund(request: HttpRequest, payment: Payment, **facts: Any) -> None:
    def give_back() -> str:
        made = refunds.refund_payment(payment_id=payment.pk, actor=_user(request), **facts)
        if made.status == Refund.Status.FAILED:
            raise _Refused
        return f"{made.amount} {payment.currency} refunded ({made.get_status_display().lower()})"

    _attempt(request, payment, give_back)


class _Refused(DomainError):
    """The gateway said no."""

    title = "The gateway refused the refund"


def _attempt(request: HttpRequest, payment: Payment, do: Callable[[], str]) -> None:
    name = f"Payment {payment.pk} of {payment.order}"
    try:
        said = do()
    except DomainError as error:
        messages.error(request, f"{name}: {error.detail}")
    else:
        messages.success(request, f"{name}: {said}.")


def _user(request: HttpRequest) -> Any:
    return request.user
