"""Numbers without gaps: drawn from a row that stays locked until the drawing transaction has ended."""

from django.conf import settings
from django.db import connection

from orders.models import Invoice

DIGITS = 6


def draw(kind: Invoice.Kind, count: int) -> int:
    """The first of `count` numbers that follow one another; rolled back, they are drawn again by the next.

    Raises RuntimeError outside a transaction: the number would be spent whether or not its document is written.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("numbers are drawn in the transaction that writes their documents")
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO orders_invoicecounter AS c (kind, last) VALUES (%s, %s)
            ON CONFLICT (kind) DO UPDATE SET last = c.last + excluded.last
            RETURNING last
            """,
            [kind.value, count],
        )
        return int(cursor.fetchone()[0]) - count + 1


def printed(kind: Invoice.Kind, sequence: int) -> str:
    """The number as it stands on the document: the kind's prefix and at least six digits."""
    prefix = settings.INVOICE_PREFIX if kind == Invoice.Kind.INVOICE else settings.CREDIT_NOTE_PREFIX
    return f"{prefix}{sequence:0{DIGITS}d}"
