"""`manage.py import_categories`: the tree from a file and back, moves and all, with a batch to undo."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from common.imports.listening import ImportRequest
from common.models import ImportBatch, OutboxEvent
from products.imports.categories.service import run_categories
from products.models import Category
from products.services.categories import MOST_LEVELS, update_category
from tests.factories.products import CategoryFactory, ProductFactory
from tests.imports.conftest import LIVOSTYLE, ImportFile, UndoBatch, WriteFile, row_versions
from tests.imports.test_undo import database

HEADER = "slug,parent_slug,name,description,image"
PICTURE = next(path for path in sorted(LIVOSTYLE.rglob("*.jpg")) if path.stat().st_size > 1000)


def tree() -> set[tuple[str, str | None]]:
    return set(Category.objects.values_list("slug", "parent__slug"))


def exported(folder: Path, name: str = "exported.csv") -> Path:
    path = folder / name
    call_command("export_categories", str(path))
    return path


def test_parents_stand_anywhere_in_the_file(import_categories: ImportFile, write_file: WriteFile) -> None:
    outcome = import_categories(write_file(HEADER, "caps,hats,Caps,,", "hats,,Hats,All of them,", "top,caps,Top,,"))

    assert outcome.out == ["3 changed: 3 created, 0 updated, 0 unchanged, 0 refused"]
    assert tree() == {("hats", None), ("caps", "hats"), ("top", "caps")}
    assert Category.objects.get(slug="hats").description == "All of them"


def test_the_same_file_again_writes_nothing(import_categories: ImportFile, write_file: WriteFile) -> None:
    path = write_file(HEADER, "hats,,Hats,All,", "caps,hats,Caps,,")
    import_categories(path)
    versions = row_versions()

    outcome = import_categories(path)

    assert outcome.out == ["0 changed: 0 created, 0 updated, 2 unchanged, 0 refused"]
    assert row_versions() == versions
    assert ImportBatch.objects.count() == 1


def test_paths_name_places(import_categories: ImportFile, write_file: WriteFile) -> None:
    CategoryFactory.create(name="Hats", slug="all-hats")

    outcome = import_categories(
        write_file(
            "path,description", "Hats > Caps > Flat \\> round,", "Hats > Caps,Soft", "Hats,Any", "Caps,Roots too"
        )
    )

    assert outcome.out == ["4 changed: 3 created, 1 updated, 0 unchanged, 0 refused"]
    assert tree() == {("all-hats", None), ("caps", "all-hats"), ("flat-round", "caps"), ("caps-2", None)}
    assert Category.objects.get(slug="flat-round").name == "Flat > round"
    assert import_categories(write_file("Category path", "Hats > Caps")).out[-1].startswith("0 changed")


def test_two_categories_change_places(import_categories: ImportFile, write_file: WriteFile) -> None:
    upper = CategoryFactory.create(name="Upper", slug="upper")
    CategoryFactory.create(name="Lower", slug="lower", parent=upper)

    outcome = import_categories(write_file("slug,parent_slug", "upper,lower", "lower,"), "--dry-run")
    assert outcome.out == [
        "line 2: update category upper parent: None -> 'lower'",
        "line 3: update category lower parent: 'upper' -> None",
        "dry run, nothing written; would be 2 changed: 0 created, 2 updated, 0 unchanged, 0 refused",
    ]
    assert tree() == {("upper", None), ("lower", "upper")}

    import_categories(write_file("slug,parent_slug", "upper,lower", "lower,"))

    assert tree() == {("lower", None), ("upper", "lower")}


def test_what_is_not_stated_stays(import_categories: ImportFile, write_file: WriteFile) -> None:
    hats = CategoryFactory.create(name="Hats", slug="hats")
    CategoryFactory.create(name="Caps", slug="caps", parent=hats, description="Soft")

    import_categories(write_file("slug,name", "caps,Flat caps"))

    caps = Category.objects.get(slug="caps")
    assert (caps.name, caps.parent, caps.description) == ("Flat caps", hats, "Soft")


REFUSED = [
    (("new,,,,",), [("name", "required")]),
    ((",,Name,,",), [("slug", "required")]),
    (("no spaces,,Name,,",), [("slug", "bad_slug")]),
    (("tree,,Name,,",), [("slug", "reserved_slug")]),
    (("new,nowhere,Name,,",), [("parent_slug", "unknown_parent")]),
    (("new,new,Name,,",), [("parent_slug", "cycle")]),
    (
        ("a,b,A,,", "b,c,B,,", "c,a,C,,", "d,a,D,,"),
        [("parent_slug", "cycle")] * 3 + [("parent_slug", "unknown_parent")],
    ),
    (("upper,lower,Upper,,",), [("parent_slug", "cycle")]),
    (("new,,Name,,", "new,,Other,,"), [("slug", "repeated_slug")]),
    (("new,,Name,,none.jpg",), [("image", "image_not_found")]),
    (("new,,Name,,categories.csv",), [("image", "image_unreadable")]),
    ((f"new,,{'n' * 101},,",), [("name", "too_long")]),
    (("new,,Name",), [("row", "ragged_row")]),
    (("bad slug,,A,,", "new,bad slug,B,,"), [("slug", "bad_slug"), ("parent_slug", "unknown_parent")]),
]


@pytest.mark.parametrize(("rows", "refusals"), REFUSED)
def test_refused_rows(
    rows: tuple[str, ...],
    refusals: list[tuple[str, str]],
    import_categories: ImportFile,
    write_file: WriteFile,
    tmp_path: Path,
) -> None:
    upper = CategoryFactory.create(name="Upper", slug="upper")
    CategoryFactory.create(name="Lower", slug="lower", parent=upper)
    errors = tmp_path / "errors.csv"

    outcome = import_categories(
        write_file(HEADER, "fine,lower,Fine,,", *rows, name="categories.csv"), "--errors", str(errors)
    )

    assert outcome.status == 2
    told = [(f"column {column}, " if column != "row" else "", f"[{code}]") for column, code in refusals]
    assert len(outcome.err) == len(told)
    assert all(column in line and line.endswith(code) for (column, code), line in zip(told, outcome.err, strict=True))
    assert {("upper", None), ("lower", "upper"), ("fine", "lower")} <= tree()
    assert len(errors.read_text().splitlines()) == 1 + len(refusals)


def test_the_tree_gets_no_deeper_than_it_may(import_categories: ImportFile, write_file: WriteFile) -> None:
    chain = [f"c{level},{f'c{level - 1}' if level else ''},Level {level},," for level in range(MOST_LEVELS + 1)]

    outcome = import_categories(write_file(HEADER, *reversed(chain)))

    assert [line.rpartition(" ")[2] for line in outcome.err] == ["[too_deep]"]
    assert Category.objects.count() == MOST_LEVELS
    moved = import_categories(write_file(HEADER, "above,,Above,,", "c0,above,Level 0,,"))
    assert [line.rpartition(" ")[2] for line in moved.err] == ["[too_deep]"]
    assert ("c0", None) in tree()


@pytest.mark.parametrize(
    "header", ["name,parent_slug", "slug,colour", "path,name", "slug,slug,name", "path,parent_slug"]
)
def test_refused_files(header: str, import_categories: ImportFile, write_file: WriteFile) -> None:
    outcome = import_categories(write_file(header, ",".join("a" for _ in header.split(","))))

    assert outcome.status == 1


@pytest.mark.parametrize(("mode", "created", "updated"), [("create", 1, 0), ("update", 0, 1)])
def test_modes(mode: str, created: int, updated: int, import_categories: ImportFile, write_file: WriteFile) -> None:
    CategoryFactory.create(name="Old", slug="old")

    outcome = import_categories(write_file("slug,name", "old,Older", "new,New"), "--mode", mode)

    assert outcome.out == [f"1 changed: {created} created, {updated} updated, 0 unchanged, 0 refused, 1 skipped"]


def test_export_into_an_empty_shop_gives_the_same_bytes(
    import_categories: ImportFile, write_file: WriteFile, tmp_path: Path
) -> None:
    (tmp_path / "hat.jpg").write_bytes(PICTURE.read_bytes())
    import_categories(
        write_file(
            HEADER,
            'z-hats,,=Hats,"Lines\nand, commas",hat.jpg',
            "a-caps,z-hats,Caps,,",
            "m-caps,z-hats,Caps,,hat.jpg",
            "deep,a-caps,Çaps,'quoted,",
        )
    )
    first = exported(tmp_path)
    assert "'=Hats" in first.read_text()
    assert import_categories(first).out == ["0 changed: 0 created, 0 updated, 4 unchanged, 0 refused"]
    Category.objects.update(parent=None)
    Category.objects.all().delete()

    outcome = import_categories(first)

    assert (outcome.status, outcome.err) == (0, [])

    assert exported(tmp_path, "again.csv").read_bytes() == first.read_bytes()


def test_undo_leaves_the_database_as_it_was(
    import_categories: ImportFile, undo_batch: UndoBatch, write_file: WriteFile, tmp_path: Path
) -> None:
    hats = CategoryFactory.create(name="Hats", slug="hats", description="All")
    caps = CategoryFactory.create(name="Caps", slug="caps", parent=hats)
    ProductFactory.create(categories=[caps])
    (tmp_path / "hat.jpg").write_bytes(PICTURE.read_bytes())
    before = database()
    path = write_file(HEADER, "hats,new,Headwear,,hat.jpg", "caps,,Caps,Soft,", "new,caps,New,,", "newer,new,Newer,,")
    batch = import_categories(path).batch
    after = database()
    assert after != before

    outcome = undo_batch(batch)

    assert outcome.out[-1] == "4 put back, 0 left"
    assert database() == before
    deleted = OutboxEvent.objects.filter(name="category.deleted").order_by("id").values_list("payload__slug", flat=True)
    assert list(deleted) == ["newer", "new"]
    import_categories(path)
    assert tree() == {("caps", None), ("new", "caps"), ("newer", "new"), ("hats", "new")}


def test_undo_leaves_what_is_in_use_or_was_changed(
    import_categories: ImportFile, undo_batch: UndoBatch, write_file: WriteFile
) -> None:
    hats = CategoryFactory.create(name="Hats", slug="hats")
    below = CategoryFactory.create(name="Below", slug="below", parent=hats)
    path = write_file(
        HEADER, "hats,,Headwear,Any,", "full,,Full,,", "edited,,Edited,,", "parent,,Parent,,", "below,,B,,"
    )
    batch = import_categories(path).batch
    ProductFactory.create(categories=[Category.objects.get(slug="full")])
    update_category(category_id=Category.objects.get(slug="edited").pk, fields={"name": "Mine"})
    update_category(category_id=hats.pk, fields={"name": "Yet another", "parent": below})
    CategoryFactory.create(parent=Category.objects.get(slug="parent"))

    outcome = undo_batch(batch)

    assert outcome.status == 2
    assert outcome.out == [
        "line 2: put back in part category hats description: 'Any' -> None (name: changed since)",
        "line 3: left category full (in use: product categories)",
        "line 4: left category edited (name: changed since)",
        "line 5: left category parent (in use: categories)",
        "line 6: put back in part category below name: 'B' -> 'Below' (parent_id: it would stand below itself)",
        "0 put back, 5 left",
    ]


def test_an_import_waits_for_a_move(import_categories: ImportFile, write_file: WriteFile) -> None:
    path = write_file("slug,name", "hats,Hats")
    held = []

    def look(execute: object, sql: str, *arguments: object) -> object:
        if "pg_advisory_xact_lock" in sql:
            held.append(str(arguments[0]))
        return execute(sql, *arguments)  # type: ignore[operator]

    with connection.execute_wrapper(look):
        run_categories(ImportRequest(path=path))

    assert held[:2] == ["['products.categories']", "['products:category-tree']"]
