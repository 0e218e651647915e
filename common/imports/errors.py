"""What an import refuses: the whole file, or one row with a reason for each wrong value."""

from dataclasses import dataclass
from typing import ClassVar

from common.errors import DomainError

# Of rows that are as they should be, but belong to a product that is refused for another row.
PRODUCT_REFUSED = "product_refused"


class FileRefused(DomainError):
    """Nothing of the file was read in: it, or what came with it, is not what the import needs."""

    code: ClassVar[str] = "file_refused"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "The file cannot be imported"


class UndoRefused(DomainError):
    """Nothing of a batch was put back: there is none such, it was undone already, or it came into use meanwhile."""

    code: ClassVar[str] = "undo_refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The import cannot be undone"


class BadValue(Exception):
    """One value breaks a rule; `code` is stable, `reason` is for people."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True)
class Refusal:
    """Why a row was refused: where in the file, which value, a stable code and a reason for people."""

    line: int
    column: str
    value: str
    code: str
    reason: str

    def __str__(self) -> str:
        shown = self.value if len(self.value) <= 60 else f"{self.value[:57]}..."
        where = f"column {self.column}, " if self.column else ""
        return f"line {self.line}, {where}value {shown!r}: {self.reason} [{self.code}]"


@dataclass(frozen=True)
class RefusedRow:
    """A row that was left out: its cells as they stood in the file and all that is wrong with it."""

    line: int
    cells: list[str]
    refusals: list[Refusal]
