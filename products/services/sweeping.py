"""Removes picture files that nothing points to any more, such as those of removed pictures and undone imports.

Files are shared and written before the rows that point to them, so a file goes only when it has been old and unneeded
for a while, and comes back if somebody turns out to need it at that very moment.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from common.locking import advisory_lock
from products.models import PictureFile, ProductImage

FOLDERS = ("products", "renditions")
YOUNG_HOURS = 24
_AT_ONCE = 50  # files, which are held in memory until it is sure that nobody needs them

_WANTED = """
SELECT image FROM products_productimage WHERE image = ANY(%(names)s)
UNION
SELECT name FROM products_picturefile WHERE name = ANY(%(names)s) AND wanted_at >= %(young)s
UNION
SELECT n FROM unnest(%(names)s) n
WHERE EXISTS (
    SELECT FROM products_picturefile f
    WHERE f.renditions @> jsonb_build_array(jsonb_build_object('name', n))
        AND (f.wanted_at >= %(young)s OR EXISTS (SELECT FROM products_productimage i WHERE i.image = f.name))
)
"""
# A batch that can be undone may bring back the pictures that its import took away.
_UNDOABLE = """
SELECT i ->> 'image'
FROM common_importchange c
JOIN common_importbatch b ON b.id = c.batch_id AND b.status = 'applied'
CROSS JOIN LATERAL jsonb_array_elements(c.before -> 'images') i
WHERE c.before ? 'images' AND i ->> 'image' = ANY(%(names)s)
"""


@dataclass
class Swept:
    """What went, or in a dry run would go."""

    files: int = 0
    size: int = 0  # bytes


def sweep_pictures(
    *, dry_run: bool = False, young_hours: int = YOUNG_HOURS, told: Callable[[str], None] = lambda name: None
) -> Swept:
    """Delete each file below FOLDERS that no row points to and nobody stored lately; tells the name of each.

    Waits for a running import, and the other way round, for the moment in which files are chosen. Memory is flat:
    one folder's names at a time.
    """
    swept, young = Swept(), timezone.now() - timedelta(hours=young_hours)
    for folder in FOLDERS:
        for names in _blocks(folder):
            candidates = names - _wanted(names, young)
            old = {name: size for name in sorted(candidates) if (size := _size_if_old(name, young)) is not None}
            gone = set(old) if dry_run else _remove(set(old), young)
            for name in sorted(gone):
                told(name)
            swept.files += len(gone)
            swept.size += sum(old[name] for name in gone)
    return swept


def _blocks(folder: str) -> Iterator[set[str]]:
    """The names below a folder, some at a time."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    names = [f"{folder}/{file}" for file in files]
    for start in range(0, len(names), _AT_ONCE):
        yield set(names[start : start + _AT_ONCE])
    for below in folders:
        yield from _blocks(f"{folder}/{below}")


def _wanted(names: set[str], young: datetime) -> set[str]:
    wanted: set[str] = set()
    with connection.cursor() as cursor:
        for statement in (_WANTED, _UNDOABLE):  # the second reads all changes of imports: only for what is left
            if left := names - wanted:
                cursor.execute(statement, {"names": list(left), "young": young})
                wanted |= {name for (name,) in cursor.fetchall()}
    return wanted


def _size_if_old(name: str, young: datetime) -> int | None:
    try:
        return None if default_storage.get_modified_time(name) >= young else default_storage.size(name)
    except FileNotFoundError:  # somebody else swept it
        return None


def _remove(names: set[str], young: datetime) -> set[str]:
    if not names:
        return set()
    doomed = names - _forget(names, young)
    contents = {}
    for name in doomed:
        with default_storage.open(name) as opened:
            contents[name] = opened.read()
        default_storage.delete(name)
    # Who stored one of them meanwhile found it there, or wrote it and saw it vanish.
    needed = _forget(doomed, young)
    for name in needed:
        default_storage.save(name, ContentFile(contents[name]))
    return doomed - needed


@transaction.atomic
def _forget(names: set[str], young: datetime) -> set[str]:
    """Delete what is known of the files that nobody wants; returns those that are wanted after all."""
    advisory_lock("products.import")  # its rows are not to be seen before it ends
    wanted = _wanted(names, young)
    shown = ProductImage.objects.values("image")
    PictureFile.objects.filter(name__in=names - wanted, wanted_at__lt=young).exclude(name__in=shown).delete()
    return wanted
