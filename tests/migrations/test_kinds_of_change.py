"""Every kind of change of docs/migrations.md, with what the release before goes on writing meanwhile."""

import pytest
from django.db import connection
from django.db.migrations.state import ProjectState

from common.schema import rules
from config.environment import CHECKOUT
from tests.migrations.parcels import FOLDER, NAMES, Parcels, ask, migration_of, work_off_later

FIRST_RELEASE = "INSERT INTO changes_parcel (grams, zone, note, addressee) VALUES (%s, NULL, 'fragile', ' Ada ')"
BEFORE_MILLIGRAMS = "INSERT INTO changes_parcel (grams, zone, addressee) VALUES (%s, 'far', 'Ada')"
BEFORE_DROPPED = "INSERT INTO changes_parcel (milligrams, zone, addressee) VALUES (%s, 'far', 'Ada')"


def test_one_after_the_other(parcels: Parcels) -> None:
    parcels.apply("0001_initial")
    ask(FIRST_RELEASE, [1])
    for name in ("0002_new_column", "0003_new_index", "0004_new_foreign_key"):
        parcels.apply(name)
        ask(FIRST_RELEASE, [2])

    assert ask("SELECT DISTINCT priority, carrier_id FROM changes_parcel") == [(0, None)]
    assert ask(
        "SELECT convalidated FROM pg_constraint WHERE conrelid = 'changes_parcel'::regclass AND contype = 'f'"
    ) == [(True,)]
    assert _invalid_indexes() == []

    parcels.apply("0005_fill_zones")
    parcels.apply("0006_zone_is_needed")

    assert ask("SELECT count(*), count(*) FILTER (WHERE zone = 'near') FROM changes_parcel") == [(4, 4)]
    assert ask(
        "SELECT attnotnull FROM pg_attribute WHERE attrelid = 'changes_parcel'::regclass AND attname = 'zone'"
    ) == [(True,)]

    parcels.apply("0007_forget_note")
    ask("INSERT INTO changes_parcel (grams, zone, note, addressee) VALUES (3, 'far', 'fragile', 'Ada')")
    parcels.apply("0008_drop_note")

    assert "note" not in _columns()

    parcels.apply("0009_wider_grams")
    ask(BEFORE_MILLIGRAMS, [4])
    parcels.apply("0010_keep_both")
    ask(BEFORE_MILLIGRAMS, [5])
    parcels.apply("0011_fill_milligrams")

    assert ask("SELECT count(*) FROM changes_parcel WHERE milligrams IS DISTINCT FROM grams::bigint * 1000") == [(0,)]

    parcels.apply("0012_forget_grams")
    ask(BEFORE_DROPPED, [6_000])
    ask("UPDATE changes_parcel SET grams = 7 WHERE grams = 5")

    assert ask("SELECT grams, milligrams FROM changes_parcel WHERE id > 6 ORDER BY id") == [(7, 7_000), (6, 6_000)]

    parcels.apply("0013_drop_grams")
    ask(BEFORE_DROPPED, [8_000])

    assert "grams" not in _columns()

    parcels.apply("0014_correct_addressees")

    assert ask("SELECT count(*) FROM changes_parcel WHERE addressee <> 'Ada'") == [(4,)]

    work_off_later()

    assert ask("SELECT DISTINCT addressee FROM changes_parcel") == [("Ada",)]


@pytest.mark.parametrize("name", NAMES)
def test_killed_at_its_end_it_runs_again(parcels: Parcels, name: str) -> None:
    parcels.up_to(name)
    migration = migration_of(name)

    if not migration.atomic:  # one transaction is there with its record or not at all
        parcels.begin(migration)
    parcels.apply(name)

    assert _invalid_indexes() == []


def test_they_keep_the_rules() -> None:
    state = ProjectState()
    released = {"0008_drop_note": "0007_forget_note", "0013_drop_grams": "0012_forget_grams"}
    states = {}
    for name in NAMES:
        migration = migration_of(name)
        before = states.get(released.get(name), ProjectState())

        assert list(rules.breaches(migration, state, before, connection)) == []

        state = states[name] = migration.mutate_state(state)


def test_the_page_shows_them() -> None:
    page = (CHECKOUT / "docs" / "migrations.md").read_text(encoding="utf-8")

    for name in NAMES[1:]:
        shown = (FOLDER / f"{name}.py").read_text(encoding="utf-8").partition("    operations = ")[2].rstrip()
        assert f"    operations = {shown}\n" in page, name


def _columns() -> set[str]:
    found = ask(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'changes_parcel'::regclass AND attnum > 0 AND NOT attisdropped"
    )
    return {name for (name,) in found}


def _invalid_indexes() -> list[tuple[str]]:
    return ask("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid")
