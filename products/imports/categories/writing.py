"""Writes what a plan of categories says, and remembers it in a batch; needs the caller's transaction."""

from typing import Any

from common.models import ImportBatch, ImportChange
from products.imports.categories.planning import Node, Plan
from products.imports.image_files import ImageFiles, without_metadata
from products.models import Category
from products.services.images import store_picture

REMEMBERED = ("name", "slug", "parent_id", "description", "image")


def snapshot(category: Category) -> dict[str, Any]:
    """What batches remember of a category."""
    return {column: _plain(getattr(category, column)) for column in REMEMBERED}


def write_plan(plan: Plan, *, batch: ImportBatch, images: ImageFiles | None) -> None:
    """Create what is new, parents first, change what differs, and touch no other row."""
    changed = [node for node in plan.rows if node.counts and node.category is not None and node.changes]
    remembered = []
    for node in plan.in_order_of_creation():
        node.category = Category(slug=node.slug)
        _fill_in(node, node.category, images)
        node.category.save(force_insert=True)
        remembered.append(_remember(batch, node, None))
    for node in changed:
        if node.category is None:
            continue
        before = snapshot(node.category)
        _fill_in(node, node.category, images)
        node.category.save(update_fields=[*_columns(node), "updated_at"])
        remembered.append(_remember(batch, node, before))
    ImportChange.objects.bulk_create(remembered, batch_size=500)


def _columns(node: Node) -> list[str]:
    return list(node.changes)


def _fill_in(node: Node, category: Category, images: ImageFiles | None) -> None:
    for column, (_, wanted) in node.changes.items():
        if column == "parent":
            category.parent = node.wanted_parent.category if node.wanted_parent else None
        else:
            setattr(category, column, wanted)
    if "image" in node.changes:
        _store_picture(node, images)


def _store_picture(node: Node, images: ImageFiles | None) -> None:
    said = node.said
    if said is None or not said.picture_file or images is None:
        return
    content = images.read(said.picture_file)
    if content is None:
        raise FileNotFoundError(f"the picture {said.picture_file} vanished while the import was running")
    store_picture(said.fields["image"], without_metadata(content))


def _remember(batch: ImportBatch, node: Node, before: dict[str, Any] | None) -> ImportChange:
    category = node.category
    if category is None:
        raise RuntimeError("a category is written before it is remembered")
    after = snapshot(category)
    if before is not None:
        differing = [column for column in REMEMBERED if before[column] != after[column]]
        before, after = ({column: side[column] for column in differing} for side in (before, after))
    return ImportChange(
        batch=batch,
        kind=ImportChange.Kind.CATEGORY,
        action=ImportChange.Action.CREATED if before is None else ImportChange.Action.UPDATED,
        target_id=category.pk,
        label=category.slug,
        line=node.said.row.line if node.said else None,
        before=before,
        after=after,
    )


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int) else str(value) or None
