"""What a limit says no with."""

from typing import ClassVar

from common.errors import DomainError


class RateLimited(DomainError):
    """One too many; `Retry-After` says when it may go on."""

    code: ClassVar[str] = "rate_limited"
    status: ClassVar[int] = 429
    title: ClassVar[str] = "Too many requests; wait as long as Retry-After says"

    def __init__(self, *, retry_after_seconds: int) -> None:
        super().__init__()
        self.retry_after_seconds = retry_after_seconds
