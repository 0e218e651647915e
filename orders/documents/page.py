"""A sheet as an HTML page that also prints well."""

from django.template.loader import render_to_string

from orders.documents.sheet import Sheet


def as_page(sheet: Sheet) -> str:
    """The whole document, without scripts or anything loaded from elsewhere."""
    return render_to_string("orders/invoice.html", {"sheet": sheet})
