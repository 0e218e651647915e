"""Several things in one cell: items split by `|`, levels by `>`; a backslash takes either literally."""

import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from common.imports.errors import BadValue

CategoryPath: TypeAlias = tuple[str, ...]

BETWEEN_ITEMS = "|"
BETWEEN_LEVELS = ">"
MAX_LEVELS = 10
_ESCAPED = re.compile(r"\\([\\|>])")
_TOKEN = re.compile(r"\\[\\|>]|[^\\]|\\")


def split_items(cell: str) -> list[str]:
    """Return the items of a cell without the blank ones; their escapes are gone."""
    return [item for item in _split(cell, BETWEEN_ITEMS) if item]


def split_texts(cell: str) -> list[str]:
    """Return the items of a cell, blank ones too, so that they stay aligned with another column's."""
    return _split(cell, BETWEEN_ITEMS) if cell else []


def split_paths(cell: str, *, longest_level: int, most_levels: int = MAX_LEVELS) -> list[list[str]]:
    """Return the paths of a cell as lists of levels, each path once, in the order of the cell."""
    paths: dict[tuple[str, ...], None] = {}
    for raw_path in _raw_parts(cell, BETWEEN_ITEMS):
        if raw_path.strip():
            paths[_levels(raw_path, longest_level, most_levels)] = None
    return [list(path) for path in paths]


def join_items(items: Iterable[str]) -> str:
    """The reverse of split_items and split_texts."""
    return f" {BETWEEN_ITEMS} ".join(map(_escape, items))


def join_paths(paths: Iterable[Sequence[str]]) -> str:
    """The reverse of split_paths."""
    return f" {BETWEEN_ITEMS} ".join(f" {BETWEEN_LEVELS} ".join(map(_escape, path)) for path in paths)


def _levels(raw_path: str, longest_level: int, most_levels: int) -> tuple[str, ...]:
    levels = tuple(_split(raw_path, BETWEEN_LEVELS))
    if not all(levels):
        raise BadValue("blank_level", "a category path has a level without a name")
    if len(levels) > most_levels:
        raise BadValue("too_deep", f"a category path has more than {most_levels} levels")
    if any(len(level) > longest_level for level in levels):
        raise BadValue("too_long", f"a category's name is longer than {longest_level} characters")
    return levels


def _split(text: str, mark: str) -> list[str]:
    return [_ESCAPED.sub(r"\1", part.strip()) for part in _raw_parts(text, mark)]


def _raw_parts(text: str, mark: str) -> list[str]:
    if "\\" not in text:
        return text.split(mark)
    parts = [""]
    for token in _TOKEN.findall(text):
        if token == mark:
            parts.append("")
        else:
            parts[-1] += token
    return parts


def _escape(text: str) -> str:
    return re.sub(r"([\\|>])", r"\\\1", text)
