"""Invoices and credit notes in the admin site, to look at and to print."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from common.admin_bases import ReadOnlyAdmin
from orders.documents import Sheet, as_page, as_pdf, sheet_of
from orders.models import Invoice, Order


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin):
    """Documents of the books: frozen, so there is nothing to edit."""

    list_display = ("number", "kind_badge", "order", "buyer_name", "money", "issued_at", "documents")
    list_filter = ("kind", ("issued_at", RangeDateFilter))
    list_filter_submit = True
    search_fields = ("number", "order__order_number", "order__email")
    list_select_related = ("order",)
    date_hierarchy = "issued_at"
    ordering = ("-id",)
    fields = (("number", "kind_badge"), ("order", "corrects"), ("issued_at", "money"), "documents", "sheet")
    readonly_fields = ("kind_badge", "money", "documents", "sheet")

    def get_urls(self) -> list[URLPattern]:
        page, pdf = self.admin_site.admin_view(self.page_view), self.admin_site.admin_view(self.pdf_view)
        return [
            path("<int:invoice_id>/page/", page, name="orders_invoice_page"),
            path("<int:invoice_id>/pdf/", pdf, name="orders_invoice_pdf"),
            *super().get_urls(),
        ]

    def page_view(self, request: HttpRequest, invoice_id: int) -> HttpResponse:
        """The document as a page."""
        return HttpResponse(as_page(self._sheet(request, invoice_id)))

    def pdf_view(self, request: HttpRequest, invoice_id: int) -> HttpResponse:
        """The document as a PDF."""
        sheet = self._sheet(request, invoice_id)
        headers = {"Content-Disposition": f'inline; filename="{sheet.number}.pdf"'}
        return HttpResponse(as_pdf(sheet), content_type="application/pdf", headers=headers)

    def _sheet(self, request: HttpRequest, invoice_id: int) -> Sheet:
        invoice = self._documents().filter(pk=invoice_id).first()
        if invoice is None or not self.has_view_permission(request, invoice):
            raise Http404
        return sheet_of(invoice)

    def _documents(self) -> QuerySet[Invoice]:
        return Invoice.objects.select_related("order", "corrects")

    @display(description="Kind", label={"invoice": "info", "credit_note": "warning"})
    def kind_badge(self, invoice: Invoice) -> tuple[str, str]:
        return invoice.kind, invoice.get_kind_display()

    @display(description="Buyer")
    def buyer_name(self, invoice: Invoice) -> str:
        return str(invoice.buyer.get("company") or invoice.buyer.get("full_name", ""))

    @display(description="Total", ordering="total")
    def money(self, invoice: Invoice) -> str:
        return f"{invoice.total} {invoice.currency}"

    @display(description="Documents")
    def documents(self, invoice: Invoice) -> SafeString:
        return links_to(invoice)

    @display(description="As printed")
    def sheet(self, invoice: Invoice) -> SafeString:
        return format_html(
            '<iframe sandbox srcdoc="{}" title="The document" style="width:100%;min-width:48rem;height:60rem;border:0">'
            "</iframe>",
            as_page(sheet_of(invoice)),
        )


def links_to(invoice: Invoice) -> SafeString:
    """The page and the PDF, in new tabs."""
    links = [("page", reverse("admin:orders_invoice_page", args=[invoice.pk]))]
    links.append(("PDF", reverse("admin:orders_invoice_pdf", args=[invoice.pk])))
    return format_html_join(" · ", '<a class="text-primary-600" target="_blank" href="{1}">{0}</a>', links)


def documents_of(order: Order) -> SafeString | str:
    """An order's invoice and credit notes, one a line, for the order's page."""
    documents = Invoice.objects.filter(order=order).order_by("id")
    rows = ((item.number, item.total, item.currency, links_to(item)) for item in documents)
    return format_html_join("", "<div>{}: {} {}, {}</div>", rows) or "None yet"
