"""Why a job cannot be made or moved."""

from typing import ClassVar

from common.errors import DomainError


class JobTransitionRefused(DomainError):
    """The job does not stand where the move begins; `status` says where it stands."""

    code: ClassVar[str] = "invalid_transition"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The status does not allow this"


class UploadTooLarge(DomainError):
    """A file has more bytes than the shop takes; nothing of it was kept."""

    code: ClassVar[str] = "body_too_large"
    status: ClassVar[int] = 413
    title: ClassVar[str] = "The file is too large"
