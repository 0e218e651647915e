"""Domain errors: a stable code, the facts and a text for people; one handler turns them into HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field of the input; `field` is None where no single field is to blame."""

    field: str | None
    code: str
    detail: str

    def as_dict(self) -> dict[str, Any]:
        return {"field": self.field, "code": self.code, "detail": self.detail}


class DomainError(Exception):
    """A rule of the shop said no.

    Subclasses name `code` (snake_case, stable), `status` (the HTTP status that a door answers with) and `title`;
    an instance carries the text, the fields to blame and further facts, which become members of the problem
    document.
    """

    code: ClassVar[str] = "domain_error"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The request conflicts with a rule of the shop"

    def __init__(self, detail: str = "", *, errors: Sequence[FieldError] = (), **facts: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = tuple(errors)
        self.facts = facts


class InvalidInput(DomainError):
    """The input names something that cannot be; `errors` names the fields."""

    code = "invalid"
    status = 400
    title = "The input is not valid"

    @classmethod
    def of(cls, field: str | None, code: str, detail: str) -> "InvalidInput":
        """The error for a single field."""
        return cls(detail, errors=[FieldError(field, code, detail)])


class NotFound(DomainError):
    """It does not exist, or it is not the caller's: both look the same."""

    code = "not_found"
    status = 404
    title = "Not found"


class Busy(DomainError):
    """The rows needed are held by somebody else for longer than a caller should wait."""

    code = "busy"
    status = 503
    title = "The shop is busy"
    retry_after_seconds: ClassVar[int] = 1


class StorageUnavailable(DomainError):
    """The storage of files does not answer, or refuses; nothing was kept."""

    code = "storage_unavailable"
    status = 503
    title = "The storage of files does not answer"
    retry_after_seconds: ClassVar[int] = 30


class StorageFull(StorageUnavailable):
    """There is no room for the file; nothing of it was kept."""

    code = "storage_full"
    status = 503
    title = "There is no room for files"
    retry_after_seconds: ClassVar[int] = 60
