"""What may be refused about views."""

from typing import ClassVar

from common.errors import DomainError


class TooManyViews(DomainError):
    """So many views wait to be written that the server takes no more; this one was not kept."""

    code: ClassVar[str] = "too_many_views"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "The shop cannot take views right now"
    retry_after_seconds: ClassVar[int] = 5
