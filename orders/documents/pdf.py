"""A sheet as a PDF of A4 pages, the same bytes each time.

The typeface is Source Sans Pro, embedded as far as it is used: Latin, Greek and Cyrillic. A letter that it has not is
shown as an empty box.
"""

from typing import Any

from font_source_sans_pro import font_files_ttf
from fpdf import FPDF
from fpdf.enums import Align, TableBordersLayout, VAlign, XPos, YPos
from fpdf.fonts import FontFace

from orders.documents.sheet import Sheet

FONT = "Source"
GREY = (107, 114, 128)
BLACK = (17, 24, 39)
LINE = (229, 231, 235)
MARGIN = 20.0
WIDTH = 170.0
COLUMNS = (("Item", 86, Align.L), ("Quantity", 18, Align.R), ("Price", 22, Align.R), ("Tax", 18, Align.R))
LAST_COLUMN = ("Amount", 26, Align.R)


class _Paper(FPDF):
    """A4 with the document's number and the page's on every page."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__(format="A4")
        self.sheet = sheet
        self.add_font(FONT, "", font_files_ttf["SourceSansPro"])
        self.add_font(FONT, "B", font_files_ttf["SourceSansProBold"])
        self.set_margin(MARGIN)
        self.set_auto_page_break(True, margin=25)
        self.set_title(f"{sheet.title} {sheet.number}")
        self.set_author(sheet.seller[0] if sheet.seller else "")
        self.set_creation_date(sheet.issued_at)
        self.set_draw_color(*LINE)

    def footer(self) -> None:
        self.set_y(-18)
        self.write_line(f"{self.sheet.title} {self.sheet.number}, page {self.page_no()} of {{nb}}", size=8, color=GREY)

    def write_line(
        self, text: str, *, size: float = 10, style: str = "", color: tuple[int, int, int] = BLACK, **cell: Any
    ) -> None:
        """One line of text across the page, or as long as `cell` says, and on to the next."""
        self.set_font(FONT, style, size)
        self.set_text_color(*color)
        self.multi_cell(**{"w": 0.0, "h": size * 0.5, "text": text, "new_x": XPos.LMARGIN, "new_y": YPos.NEXT, **cell})


def as_pdf(sheet: Sheet) -> bytes:
    """The PDF's bytes."""
    paper = _Paper(sheet)
    paper.add_page()
    _head(paper, sheet)
    _table(paper, sheet)
    _totals(paper, sheet)
    for note in sheet.notes:
        paper.ln(4)
        paper.write_line(note)
    return bytes(paper.output())


def _head(paper: _Paper, sheet: Sheet) -> None:
    for number, line in enumerate(sheet.seller):
        paper.write_line(line, style="" if number else "B", color=GREY if number else BLACK)
    paper.ln(10)
    top = paper.get_y()
    for line in sheet.buyer:
        paper.write_line(line, w=90.0)
    bottom = paper.get_y()
    paper.set_y(top)
    for label, value in sheet.facts:
        paper.set_x(MARGIN + 100)
        paper.write_line(label, w=28.0, color=GREY, new_x=XPos.RIGHT, new_y=YPos.TOP)
        paper.write_line(value, w=42.0, align=Align.R)
    paper.set_y(max(bottom, paper.get_y()) + 10)
    paper.write_line(f"{sheet.title} {sheet.number}", size=18, style="B")
    paper.ln(4)


def _table(paper: _Paper, sheet: Sheet) -> None:
    paper.set_font(FONT, "", 10)
    paper.set_text_color(*BLACK)
    columns = (*COLUMNS, LAST_COLUMN)
    with paper.table(
        col_widths=tuple(width for _, width, _ in columns),
        text_align=tuple(align for _, _, align in columns),
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=FontFace(emphasis="", color=GREY),
        line_height=5,
        padding=1.5,
        v_align=VAlign.T,
        width=WIDTH,
    ) as table:
        table.row([title for title, _, _ in columns])
        for row in sheet.rows:
            table.row([f"{row.name}\n{row.sku}", row.quantity, row.price, row.tax_rate, row.amount])


def _totals(paper: _Paper, sheet: Sheet) -> None:
    paper.ln(4)
    for total in sheet.totals:
        style = "B" if total.is_strong else ""
        paper.set_x(MARGIN + 70)
        paper.write_line(total.label, w=60.0, h=6.0, style=style, align=Align.R, new_x=XPos.RIGHT, new_y=YPos.TOP)
        paper.write_line(total.amount, w=40.0, h=6.0, style=style, align=Align.R)
