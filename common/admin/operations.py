"""Mails to look at and to send again, and what the outbox holds."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import action, display

from common.admin_bases import ReadOnlyAdmin, go_to
from common.errors import DomainError
from common.mail import send_again
from common.models import Mail, OutboxDelivery, OutboxEvent

COLOURS = {"sent": "success", "waiting": "info", "retrying": "warning", "given up": "danger"}


class StateFilter(admin.SimpleListFilter):
    """By how far a mail is."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("sent", "Sent"), ("waiting", "Waiting"), ("given_up", "Given up")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Mail]) -> QuerySet[Mail]:
        if self.value() == "sent":
            return queryset.filter(sent_at__isnull=False)
        if self.value() == "waiting":
            return queryset.filter(sent_at=None, given_up_at=None)
        return queryset.filter(given_up_at__isnull=False) if self.value() == "given_up" else queryset


@admin.register(Mail)
class MailAdmin(ReadOnlyAdmin):
    """Outgoing mails; the secret of a link is never stored, so a preview shows its place only."""

    list_display = ("subject", "recipient", "kind", "state", "edition", "created_at", "sent_at")
    list_filter = (StateFilter, "kind", "is_internal", ("created_at", RangeDateFilter))
    list_filter_submit = True
    search_fields = ("recipient", "subject", "resource")
    search_help_text = "Address, subject, or what it is about, such as order:AB12"
    list_per_page = 50
    ordering = ("-id",)
    actions = ("send_selected_again",)
    actions_detail = ("send_one_again",)
    fieldsets = (
        (None, {"fields": (("subject", "recipient"), ("kind", "resource"), ("edition", "is_internal"))}),
        ("As the reader sees it", {"fields": ("preview", "text_body")}),
        ("Sending", {"fields": (("created_at", "sent_at"), ("attempts", "last_attempt_at"), ("next_attempt_at",))}),
        ("Trouble", {"fields": (("given_up_at", "last_error"),)}),
    )
    readonly_fields = ("preview",)

    @display(description="State", label=COLOURS)
    def state(self, mail: Mail) -> str:
        if mail.sent_at:
            return "sent"
        if mail.given_up_at:
            return "given up"
        return "retrying" if mail.last_error else "waiting"

    @display(description="HTML")
    def preview(self, mail: Mail) -> SafeString:
        """The HTML part in a frame that may run nothing and go nowhere."""
        return format_html(
            '<iframe sandbox srcdoc="{}" title="The mail" style="width:100%;min-width:40rem;height:44rem;border:0">'
            "</iframe>",
            mail.html_body,
        )

    def has_send_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether the user may send mails again."""
        return request.user.has_perm("common.change_mail")

    @action(
        description="Send again",
        permissions=["send"],
        icon="forward_to_inbox",
        dialog={
            "title": "Send this mail once more?",
            "description": "It goes to the same address with the same words.",
            "form_class": None,
            "form_submit_text": "Send again",
        },
    )
    def send_one_again(self, request: HttpRequest, form: Any, object_id: int) -> HttpResponse:
        _send_again(request, object_id)
        page = reverse("admin:common_mail_changelist")
        return go_to(request, page)

    @action(description="Send selected mails again", permissions=["send"])
    def send_selected_again(self, request: HttpRequest, mails: QuerySet[Mail]) -> None:
        for mail in mails.order_by("pk"):
            _send_again(request, mail.pk)


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyAdmin):
    """What became true, and when its handlers were told."""

    list_display = ("id", "position", "name", "resource", "created_at", "relayed_at")
    list_filter = ("name", ("created_at", RangeDateFilter))
    list_filter_submit = True
    search_fields = ("resource",)
    ordering = ("-id",)


@admin.register(OutboxDelivery)
class OutboxDeliveryAdmin(ReadOnlyAdmin):
    """Events on their way to one handler each."""

    list_display = ("event", "subscriber", "done_at", "attempts", "next_attempt_at", "last_error")
    list_filter = ("subscriber", ("done_at", admin.EmptyFieldListFilter))
    list_filter_submit = True
    search_fields = ("event__resource",)
    list_select_related = ("event",)
    ordering = ("-id",)


def _send_again(request: HttpRequest, mail_id: int) -> None:
    try:
        again = send_again(mail_id=mail_id)
    except DomainError as error:
        messages.error(request, f"Mail {mail_id}: {error.detail}")
    else:
        messages.success(request, f"{again.subject} goes to {again.recipient} once more.")
