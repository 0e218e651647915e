"""Whether a row has the form that its file's header asks for, before anything of it is read."""

import re

from common.imports.errors import BadValue, Refusal
from common.imports.reading import RawRow

UNDECODED = re.compile("[\ud800-\udfff]")


def wrong_shape(raw: RawRow, width: int) -> Refusal | None:
    """Return why the row cannot be read at all; the header has `width` columns."""
    wrong: BadValue | None = raw.broken
    value = ""
    if wrong is None and (len(raw.cells) < width or any(cell.strip() for cell in raw.cells[width:])):
        wrong = BadValue("ragged_row", f"the header has {width} columns, this row {len(raw.cells)}")
    for cell in raw.cells if wrong is None else ():
        if "\x00" in cell:
            wrong, value = BadValue("nul_byte", "holds a NUL byte"), cell
        elif not cell.isascii() and UNDECODED.search(cell):
            wrong, value = BadValue("bad_encoding", "holds bytes that the file's encoding does not know"), cell
    return Refusal(line=raw.line, column="", value=value, code=wrong.code, reason=wrong.reason) if wrong else None
