"""Finds out what a file of categories changes: the tree as it is, as it would be, and the rows that cannot be."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.text import slugify

from common.imports.listening import Mode
from products.imports.categories.parsing import CategoryRow, Path
from products.models import Category
from products.models.category import RESERVED_SLUGS
from products.services.categories import MOST_LEVELS

_LONGEST_STEM = 110
_UNKNOWN_PARENT = ("unknown_parent", "neither the shop nor an accepted row of the file has one such category")


@dataclass(eq=False)
class Node:
    """A category of the shop, or a new one (without `category`), and what the file wants of it."""

    category: Category | None
    parent: "Node | None" = None  # as it is now
    said: CategoryRow | None = None
    wanted_parent: "Node | None" = None
    slug: str = ""
    is_skipped: bool = False
    changes: dict[str, list[Any]] = field(default_factory=dict)  # column to [now, wanted]

    @property
    def counts(self) -> bool:
        """Whether the file's row is taken."""
        return self.said is not None and not self.is_skipped and not self.said.row.refusals

    @property
    def exists(self) -> bool:
        """Whether it will be in the tree."""
        return self.category is not None or self.counts

    @property
    def next_parent(self) -> "Node | None":
        """Where it will stand."""
        return self.wanted_parent if self.counts else self.parent

    @property
    def moves(self) -> bool:
        """Whether the file gives it its place."""
        return self.counts and (self.category is None or self.wanted_parent is not self.parent)


class Plan:
    """The tree and the file's rows in it; rows that cannot be taken are refused in place."""

    def __init__(self, categories: Iterable[Category], rows: Iterable[CategoryRow], mode: Mode) -> None:
        self._mode = mode
        self.nodes = {each.pk: Node(each, slug=each.slug) for each in categories}
        for node in self.nodes.values():
            if node.category and node.category.parent_id:
                node.parent = self.nodes.get(node.category.parent_id)
        self._by_slug = {node.slug: node for node in self.nodes.values()}
        self._by_path: dict[Path, list[Node]] = {}
        for node in self.nodes.values():
            self._by_path.setdefault(_path_of(node), []).append(node)
        self._told_paths: dict[Path, Node] = {}
        self.rows = [self._place(said) for said in rows]
        self._find_parents()
        while self._refuse_impossible():
            pass
        for node in self.rows:
            if node.counts:
                node.changes = _changes(node)
        self._give_slugs()

    def in_order_of_creation(self) -> list[Node]:
        """The new categories, parents before children."""
        new = [node for node in self.rows if node.counts and node.category is None]
        return sorted(new, key=lambda node: len(_line_up(node)))

    def _place(self, said: CategoryRow) -> Node:
        """The node of a row, new where the shop has none; a second row of one node is refused."""
        if said.row.refusals:
            return Node(None, said=said)
        node = self._find(said)
        if node is None:
            node = Node(None, slug=said.slug)
            if said.slug:
                self._by_slug[said.slug] = node
        if node.said is not None:
            column = "slug" if said.slug else "path"
            said.row.refuse(column, f"repeated_{column}", f"the category stands in line {node.said.row.line} already")
            return Node(None, said=said)
        node.said = said
        if said.path:
            self._told_paths.setdefault(said.path, node)
        node.is_skipped = self._mode == (Mode.CREATE if node.category else Mode.UPDATE)
        if node.category is None and "name" not in said.fields:
            said.row.refuse("name", "required_to_create", "a new category needs a name")
        return node

    def _find(self, said: CategoryRow) -> Node | None:
        if said.slug:
            return self._by_slug.get(said.slug)
        if said.path in self._told_paths:
            return self._told_paths[said.path]
        found = self._by_path.get(said.path, [])
        if len(found) > 1:
            said.row.refuse("path", "ambiguous_path", "several categories have this path: say the slug")
        return found[0] if found else None

    def _find_parents(self) -> None:
        for node in self.rows:
            said = node.said
            node.wanted_parent = node.parent
            if said is None or not node.counts:
                continue
            if said.path:
                node.wanted_parent = self._parent_by_path(said)
            elif said.parent_slug is not None:
                node.wanted_parent = self._by_slug.get(said.parent_slug)
                if said.parent_slug and node.wanted_parent is None:
                    _refuse_unknown_parent(said)

    def _parent_by_path(self, said: CategoryRow) -> Node | None:
        above = said.path[:-1]
        if not above:
            return None
        if above in self._told_paths:
            return self._told_paths[above]
        found = self._by_path.get(above, [])
        if len(found) != 1:
            _refuse_unknown_parent(said)
        return found[0] if found else None

    def _refuse_impossible(self) -> bool:
        """Refuse rows whose place cannot be, given the rows that are still taken; whether any was refused."""
        impossible = []  # told afterwards: one that is refused changes what the others lead to
        for node in self.rows:
            if not node.counts or node.said is None:
                continue
            if node.wanted_parent is not None and not node.wanted_parent.exists:
                impossible.append((node.said, *_UNKNOWN_PARENT))
            elif node.moves and node in _line_up(node)[1:]:
                impossible.append((node.said, "cycle", "a category cannot stand below itself"))
        for said, code, reason in impossible:
            said.row.refuse(_place_column(said), code, reason)
        return bool(impossible) or self._refuse_too_deep()

    def _refuse_too_deep(self) -> bool:
        refused = False
        for node in [*self.nodes.values(), *self.rows]:
            line = _line_up(node)
            if not node.exists or len(line) <= MOST_LEVELS:
                continue
            mover = next((each for each in line if each.moves), None)
            if mover is not None and mover.said is not None:
                reason = f"categories go at most {MOST_LEVELS} levels deep"
                mover.said.row.refuse(_place_column(mover.said), "too_deep", reason)
                refused = True
        return refused

    def _give_slugs(self) -> None:
        taken = {*self._by_slug, *RESERVED_SLUGS}
        numbers: Counter[str] = Counter()
        for node in self.rows:
            if not node.counts or node.slug or node.said is None:
                continue
            stem = slugify(node.said.fields["name"])[:_LONGEST_STEM].strip("-_") or "category"
            slug = stem
            while slug in taken:
                numbers[stem] += 1
                slug = f"{stem}-{numbers[stem] + 1}"
            taken.add(slug)
            node.slug = slug
            node.changes = {"slug": [None, slug], **node.changes}


def _refuse_unknown_parent(said: CategoryRow) -> None:
    said.row.refuse(_place_column(said), *_UNKNOWN_PARENT)


def _place_column(said: CategoryRow) -> str:
    return "path" if said.path else "parent_slug"


def _line_up(node: Node) -> list[Node]:
    """The node and all that will be above it; on a cycle the node closes the list."""
    line, seen = [node], {node}
    parent = node.next_parent
    while parent is not None:
        line.append(parent)
        if parent in seen:
            break
        seen.add(parent)
        parent = parent.next_parent
    return line


def _path_of(node: Node) -> Path:
    names: list[str] = []
    seen: set[Node] = set()
    each: Node | None = node
    while each is not None and each.category is not None and each not in seen:
        seen.add(each)
        names.append(each.category.name)
        each = each.parent
    return tuple(reversed(names))


def _changes(node: Node) -> dict[str, list[Any]]:
    fields: Mapping[str, Any] = node.said.fields if node.said else {}
    category = node.category
    changes: dict[str, list[Any]] = {}
    for column, wanted in fields.items():
        now = None if category is None else (str(value) if (value := getattr(category, column)) else None)
        if now != wanted:
            changes[column] = [now, wanted]
    if node.moves and (node.wanted_parent is not None or category is not None):
        slugs = [each.slug if each else None for each in (node.parent, node.wanted_parent)]
        changes["parent"] = list(slugs)
    return changes
