"""The formats of order files, and which one a header tells."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from common.imports.listening import Listener
from common.imports.reading import OpenTable


@dataclass(frozen=True)
class Staged:
    """What a format made of a file: how many rows could not even be staged, and whether it names accounts and products.

    `counts` tells, once all is decided, how many rows fell under each rule of the format.
    """

    unread: int
    makes_catalogue: bool = False
    counts: Callable[[], list[tuple[str, int]]] = list


@dataclass(frozen=True)
class OrderFormat:
    """A kind of file: `stage` fills the staging tables with it, within the caller's transaction."""

    name: str
    required: Collection[str]  # columns that tell it
    stage: Callable[[OpenTable, Listener], Staged]
