"""The file of refused rows: the original columns behind one that says what is wrong, to be mended and sent again."""

import csv
from collections.abc import Sequence
from typing import IO

from common.imports.errors import RefusedRow

# What is put in front; a mended file may still carry it.
ERROR_COLUMN = "error"


class RefusedFile:
    """Writes refused rows as CSV."""

    def __init__(self, file: IO[str], header: Sequence[str]) -> None:
        self._writer = csv.writer(file)
        names = [name.strip().casefold() for name in header]
        self._place = names.index(ERROR_COLUMN) if ERROR_COLUMN in names else None
        self._writer.writerow([ERROR_COLUMN, *self._without_error(header)])

    def write(self, row: RefusedRow) -> None:
        """Write one row with all that is wrong with it."""
        reasons = "; ".join(f"{each.column or 'row'}: {each.reason} [{each.code}]" for each in row.refusals)
        self._writer.writerow([reasons, *self._without_error(row.cells)])

    def _without_error(self, cells: Sequence[str]) -> list[str]:
        if self._place is None:
            return list(cells)
        return [*cells[: self._place], *cells[self._place + 1 :]]
