"""An order's invoices and credit notes, for who may see the order."""

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.renderers import JSONRenderer
from common.api.views import ApiView
from common.errors import NotFound
from orders.api.access import get_order
from orders.api.renderers import InvoicePageRenderer, InvoicePdfRenderer
from orders.api.serializers.invoices import InvoiceListSerializer, InvoiceSerializer
from orders.models import Invoice


def _invoices(request: Request, order_number: str) -> QuerySet[Invoice]:
    return Invoice.objects.filter(order=get_order(request, order_number)).order_by("id")


class InvoicesView(ApiView):
    """Whose order it is not gets 404."""

    permission_classes = [AllowAny]

    @extend_schema(operation_id="orders_invoices_list", responses=InvoiceListSerializer)
    def get(self, request: Request, order_number: str) -> Response:
        """The order's invoice, once it is paid, and its credit notes."""
        return Response(InvoiceListSerializer({"results": _invoices(request, order_number)}).data)


class InvoiceView(ApiView):
    """One document, in the form that the Accept header asks for."""

    permission_classes = [AllowAny]
    renderer_classes = [JSONRenderer, InvoicePageRenderer, InvoicePdfRenderer]
    etag = True
    invoice: Invoice

    @extend_schema(
        operation_id="orders_invoices_retrieve",
        responses={
            (200, "application/json"): InvoiceSerializer,
            (200, "text/html"): OpenApiTypes.STR,
            (200, "application/pdf"): OpenApiTypes.BINARY,
        },
    )
    def get(self, request: Request, order_number: str, number: str) -> Response:
        """An invoice or a credit note as JSON, as a page (`Accept: text/html`) or as a PDF (`application/pdf`)."""
        found = _invoices(request, order_number).select_related("order", "corrects").filter(number=number).first()
        if found is None:
            raise NotFound
        self.invoice = found
        headers = {"Content-Disposition": f'inline; filename="{found.number}.{request.accepted_renderer.format}"'}
        return Response(InvoiceSerializer(found).data, headers=headers)
