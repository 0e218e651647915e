"""What a format is: the columns it knows and how one of its rows reads in the native columns."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Format:
    """A file format; everything after it sees native columns only."""

    name: str
    columns: frozenset[str]
    telling_columns: frozenset[str]  # a header with all of these is of this format
    # The header of the file in, the native columns that such a file states out: what is not stated stays as it is.
    stated_columns: Callable[[Collection[str]], frozenset[str]]
    # One row of the file in, one or more native rows out.
    to_native: Callable[[Mapping[str, str]], list[dict[str, str]]]
    # Native column to the column of the file that it was made from, for reports.
    source_columns: Mapping[str, str] = field(default_factory=dict)
    images_may_be_missing: bool = False
    tells_stock: bool = True  # false where its stock is an assumption that no one needs to hear differs
