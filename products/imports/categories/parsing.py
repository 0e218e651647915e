"""One row of a file of categories in, what it says of one category out, or all that is wrong with it."""

import re
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.core.files.storage import default_storage

from common.imports import values
from common.imports.errors import BadValue, FileRefused
from common.imports.flat_files import FlatRow
from products.imports.image_files import ImageFiles, stored_name
from products.imports.lists import split_paths
from products.models.category import RESERVED_SLUGS
from products.services.categories import MOST_LEVELS

COLUMNS = ("slug", "parent_slug", "name", "path", "description", "image")
OTHER_NAMES = {"parent": "parent_slug", "category_path": "path", "url_handle": "slug", "title": "name"}
_LONGEST_NAME, _LONGEST_SLUG = 100, 120
# What exports write: a picture that storage keeps.
_STORED = re.compile(r"categories/[0-9a-f]{2}/[0-9a-f]{24}\.(jpg|png|webp|gif)")

Path = tuple[str, ...]


@dataclass
class CategoryRow:
    """What a row says; `fields` holds only the columns that the file states."""

    row: FlatRow
    slug: str = ""  # blank: it is known by its path, or new
    path: Path = ()
    parent_slug: str | None = None  # blank: a root; None: not stated
    fields: dict[str, Any] = field(default_factory=dict)
    picture_file: str = ""  # the name under which the picture is found that `fields` names as storage keeps it


def check_columns(columns: list[str]) -> None:
    """Raise FileRefused where rows could not be told apart, or would say a category's place twice."""
    if "slug" not in columns and "path" not in columns:
        raise FileRefused("a file of categories has a column slug or path")
    twice = {"name", "parent_slug"}.intersection(columns)
    if "path" in columns and twice:
        raise FileRefused(f"a path says name and parent already: leave out {', '.join(sorted(twice))}")


def parse_category(row: FlatRow, *, images: ImageFiles | None) -> CategoryRow:
    """What the row says; what cannot be taken is among the row's refusals."""
    parse_slug = partial(values.parse_slug, longest=_LONGEST_SLUG, reserved=RESERVED_SLUGS)
    said = CategoryRow(row, slug=row.parsed("slug", parse_slug) or "")
    if "path" in row.cells:
        said.path = row.parsed("path", _parse_path) or ()
        if said.path:
            said.fields["name"] = said.path[-1]
        elif not row.text("path"):
            row.refuse("path", "required", "must not be blank")
    elif not row.text("slug"):
        row.refuse("slug", "required", "must not be blank")
    if "name" in row.cells:
        said.fields["name"] = row.parsed("name", partial(values.parse_text, longest=_LONGEST_NAME))
        if not row.text("name"):
            row.refuse("name", "required", "must not be blank")
    if "parent_slug" in row.cells:
        said.parent_slug = row.text("parent_slug")
    if "description" in row.cells:
        said.fields["description"] = (row.cells["description"] and row.text("description")) or None
    if "image" in row.cells:
        _parse_image(row, said, images)
    return said


def _parse_path(text: str) -> Path:
    paths = split_paths(text, longest_level=_LONGEST_NAME, most_levels=MOST_LEVELS)
    if len(paths) != 1:
        raise BadValue("several_paths", "a row is one category: | splits paths, and \\| is a bar in a name")
    return tuple(paths[0])


def _parse_image(row: FlatRow, said: CategoryRow, images: ImageFiles | None) -> None:
    file = row.text("image")
    said.fields["image"] = None
    if not file:
        return
    if _STORED.fullmatch(file) and default_storage.exists(file):
        said.fields["image"] = file
        return
    try:
        content = images.read(file) if images else None
        name = stored_name(content) if content is not None else ""
    except BadValue as error:
        row.refuse("image", error.code, error.reason)
        return
    if not name:
        row.refuse("image", "image_not_found", "there is no such picture")
    said.fields["image"] = name.replace("products/", "categories/", 1)
    said.picture_file = file
