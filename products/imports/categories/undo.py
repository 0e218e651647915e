"""Undoes a batch of categories: what nobody has changed since goes back, what is new and empty goes."""
# ruff: noqa: S608, SLF001 - the SQL names tables and columns of our models, which tell about themselves in _meta

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import ManyToOneRel

from common import outbox
from common.imports.batches import check_references
from common.imports.listening import Undone, UndoSummary
from common.models import ImportChange
from products.imports.categories.writing import snapshot
from products.models import Category
from products.services.categories import MOST_LEVELS, hold_tree, judge_moves_together


@dataclass
class _Undoing:
    """One change: what goes back, as column to [the import's value, the earlier one], and why the rest stays."""

    change: ImportChange
    back: dict[str, list[Any]] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    is_gone: bool = False

    @property
    def is_new(self) -> bool:
        """Whether the batch created it."""
        return self.change.action == ImportChange.Action.CREATED

    def outcome(self) -> ImportChange.Outcome:
        """What became of the change as a whole."""
        if not self.kept:
            return ImportChange.Outcome.PUT_BACK
        return ImportChange.Outcome.PARTLY if self.back else ImportChange.Outcome.LEFT


def undo_categories(batch_id: int, actor: Any, listener: Callable[[Undone], None]) -> UndoSummary:
    """Give changed categories their earlier values, and delete new ones that are empty and as they were made.

    Needs the caller's transaction; holds the tree. Emits `category.deleted`.
    """
    hold_tree()
    judge_moves_together()
    undoing = [_Undoing(change) for change in ImportChange.objects.filter(batch=batch_id).order_by("line", "id")]
    tree = {each.pk: each for each in Category.objects.order_by("pk")}
    for each in undoing:
        if not each.is_new:
            _restore(each, tree)
    _delete([each for each in undoing if each.is_new], tree)
    for each in undoing:
        each.change.outcome, each.change.reason = each.outcome(), "; ".join(each.kept)
    changes = [each.change for each in undoing]
    ImportChange.objects.bulk_update(changes, ["outcome", "reason"], batch_size=1000)
    check_references()
    for each in undoing:
        change = each.change
        told = (change.line, change.kind, change.action, change.label, str(change.outcome), each.back, change.reason)
        listener(Undone(*told))
    left = sum(bool(each.kept) for each in undoing)
    return UndoSummary(len(undoing) - left, left)


def _restore(undoing: _Undoing, tree: dict[int, Category]) -> None:
    change = undoing.change
    category = tree.get(change.target_id)
    if category is None:
        undoing.kept.append("was deleted since")
        return
    now = snapshot(category)
    for column, earlier in (change.before or {}).items():
        if now[column] != change.after[column]:
            undoing.kept.append(f"{column}: changed since")
        elif column == "parent_id" and (reason := _cannot_stand(category, earlier, tree)):
            undoing.kept.append(f"{column}: {reason}")
        else:
            undoing.back[column] = [now[column], earlier]
            setattr(category, column, earlier)
    if undoing.back:
        category.save(update_fields=[*undoing.back, "updated_at"])


def _cannot_stand(category: Category, parent_id: int | None, tree: dict[int, Category]) -> str:
    """Why a category may not go back below this parent; blank where it may."""
    above, each = 0, parent_id
    while each is not None:
        if each == category.pk:
            return "it would stand below itself"
        if each not in tree:
            return "the category above is gone"
        above, each = above + 1, tree[each].parent_id
    if above + Category.objects.height_of(category.pk) > MOST_LEVELS:
        return "the tree would get too deep"
    return ""


def _delete(created: Sequence[_Undoing], tree: dict[int, Category]) -> None:
    """Delete round by round, children before parents: each round may empty what is above it."""
    waiting = []
    for each in created:
        category = tree.get(each.change.target_id)
        if category is None:
            continue  # somebody deleted it: it is gone, as it shall be
        now = snapshot(category)
        changed = [column for column, value in each.change.after.items() if now[column] != value]
        each.kept += [f"{column}: changed since" for column in changed]
        waiting += [] if changed else [each]
    while waiting:
        uses = _uses([each.change.target_id for each in waiting])
        going = [each for each in waiting if each.change.target_id not in uses]
        if not going:
            for each in waiting:
                each.kept.append(f"in use: {', '.join(sorted(uses[each.change.target_id]))}")
            return
        Category.objects.filter(pk__in=[each.change.target_id for each in going]).delete()
        for each in going:
            category = tree[each.change.target_id]
            facts = {"category_id": category.pk, "slug": category.slug}
            outbox.emit("category.deleted", resource=f"category:{category.pk}", **facts)
        waiting = [each for each in waiting if each not in going]


def _uses(ids: Sequence[int]) -> dict[int, set[str]]:
    """By category, what refers to it, whoever owns the table."""
    uses: dict[int, set[str]] = {}
    for table, column, name in _referring():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT DISTINCT {column} FROM {table} WHERE {column} = ANY(%s)", [list(ids)])
            for (category_id,) in cursor.fetchall():
                uses.setdefault(category_id, set()).add(name)
    return uses


def _referring() -> Iterator[tuple[str, str, str]]:
    for relation in Category._meta.get_fields(include_hidden=True):
        if isinstance(relation, ManyToOneRel):
            options = relation.related_model._meta
            yield options.db_table, relation.field.column, str(options.verbose_name_plural)
