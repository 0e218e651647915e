"""Reports as CSV that no spreadsheet takes for formulas."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from django.conf import settings
from django.http import StreamingHttpResponse

from analytics.reports.ranges import DateRange
from analytics.reports.tables import Asked, Shown, TableReport

# How Excel, LibreOffice and Google Sheets recognise a formula (OWASP, "CSV Injection").
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class _Echo:
    """A file that hands back what is written, so that csv formats one line at a time."""

    def write(self, line: str) -> str:
        return line


def safe_cell(value: object) -> object:
    """The value as a cell: text that a spreadsheet would run gets an apostrophe in front, numbers stay numbers."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def stream(*, filename: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """The rows as a CSV download, UTF-8, sent line by line and stored by no cache."""
    response = StreamingHttpResponse(_lines(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    response["Cache-Control"] = "no-store"
    return response


def table(report: TableReport, *, range_: DateRange, asked: Asked) -> StreamingHttpResponse:
    """A report that is a list as a download, in the shop's currency where it carries money; times are in UTC."""
    has_money = any(column.shown is Shown.MONEY for column in report.columns)
    currency = [settings.SHOP_CURRENCY] if has_money else []
    return stream(
        filename=f"{report.name}-{range_.first}-{range_.last}.csv",
        header=[*report.csv_header(), *(["currency"] if has_money else [])],
        rows=[[*map(_plain, cells), *currency] for cells in report.csv_rows(range_, asked)],
    )


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return value


def _lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow([safe_cell(cell) for cell in row])
