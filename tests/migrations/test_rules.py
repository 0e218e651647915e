"""What a migration may not do while the shop sells and the release before it runs."""

from typing import Any

import pytest
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.management import CommandError, call_command
from django.db import connection, migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models.functions import Now, Random

from common.backfills.migrating import RunBackfill
from common.schema import releases, rules, statements
from common.schema.operations import DropColumn, DropTable, forget_field, forget_model
from config.environment import CHECKOUT
from tests.migrations.parcels import NAMES, migration_of


def before() -> ProjectState:
    """Parcels as they are after the first migration."""
    return migration_of(NAMES[0]).mutate_state(ProjectState())


def refused(*operations: Operation, atomic: bool = False, released: ProjectState | None = None) -> str:
    migration: Any = migrations.Migration("0002_change", "changes")
    migration.operations, migration.atomic = list(operations), atomic
    return "; ".join(rules.breaches(migration, before(), released or before(), connection))


ZONE = models.CharField(max_length=10, null=True)
REFUSED: list[tuple[Operation, str]] = [
    (migrations.RemoveField("Parcel", "zone"), "say forget_field()"),
    (migrations.DeleteModel("Parcel"), "say forget_field() or forget_model()"),
    (migrations.RenameField("Parcel", "zone", "area"), "knows the old name"),
    (migrations.RenameModel("Parcel", "Box"), "knows the old name"),
    (migrations.AlterModelTable("Parcel", "boxes"), "knows the old name"),
    (migrations.SeparateDatabaseAndState([migrations.RemoveField("Parcel", "zone")]), "say forget_field()"),
    (migrations.AddField("Parcel", "size", models.IntegerField(default=1)), "ADD COLUMN NOT NULL is unsafe"),
    (migrations.AddField("Parcel", "luck", models.FloatField(db_default=Random())), "writes the table anew"),
    (migrations.AlterField("Parcel", "grams", models.BigIntegerField()), "ALTER COLUMN TYPE is unsafe"),
    (
        migrations.AddField(
            "Parcel",
            "twice",
            models.GeneratedField(
                expression=models.F("grams") * 2, output_field=models.IntegerField(), db_persist=True
            ),
        ),
        "GENERATED STORED is unsafe",
    ),
    (
        migrations.AddConstraint(
            "Parcel", ExclusionConstraint(name="once", expressions=[("zone", RangeOperators.EQUAL)])
        ),
        "ADD CONSTRAINT EXCLUDE is unsafe",
    ),
    (DropColumn("changes_parcel", "zone"), "drop it a release after the one that forgets it"),
    (DropTable("changes_parcel"), "drop it a release after the one that forgets it"),
    (forget_field("Parcel", "grams"), "null=True or a db_default first"),
    (migrations.RunSQL("UPDATE changes_parcel SET zone = 'far'"), "in batches, by RunBackfill"),
    (migrations.RunSQL("CREATE TABLE more (id int)", migrations.RunSQL.noop), ""),
]


@pytest.mark.parametrize(("operation", "said"), REFUSED, ids=lambda each: getattr(each, "migration_name_fragment", ""))
def test_refused(operation: Operation, said: str) -> None:
    assert said in refused(operation)
    assert bool(refused(operation)) == bool(said)


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        (migrations.AddField("Parcel", "size", models.IntegerField(db_default=1)), "say atomic = False"),
        (migrations.AddIndex("Parcel", models.Index(fields=["zone"], name="zone")), "say atomic = False"),
        (migrations.AlterField("Parcel", "zone", models.CharField(max_length=20, null=True)), "say atomic = False"),
        (migrations.AlterUniqueTogether("Parcel", {("zone", "note")}), "say atomic = False"),
        (RunBackfill("changes.zone", table="changes_parcel"), "say atomic = False"),
    ],
)
def test_one_transaction_may_not(operation: Operation, said: str) -> None:
    assert said in refused(operation, atomic=True)
    assert refused(operation, atomic=False) == ""


def test_python_does_not_run_under_the_locks_of_others() -> None:
    python = migrations.RunPython(migrations.RunPython.noop)
    column = migrations.AddField("Parcel", "size", models.IntegerField(null=True))

    assert "a migration of its own" in refused(column, python)
    assert refused(python, atomic=True) == ""


def test_a_table_that_it_makes_is_its_own() -> None:
    made = migrations.CreateModel("Label", [("id", models.BigAutoField(primary_key=True))])
    more = migrations.AddField("Label", "parcel", models.ForeignKey("changes.Parcel", models.CASCADE))
    column = migrations.AddField("Label", "at", models.DateTimeField(db_default=Now()))

    assert refused(made, more, column, atomic=True) == ""


def test_what_the_release_before_has_forgotten_may_go() -> None:
    forgotten = before()
    forget_field("Parcel", "zone").state_forwards("changes", forgotten)
    forget_model("Carrier").state_forwards("changes", forgotten)

    assert refused(DropColumn("changes_parcel", "zone"), released=forgotten) == ""
    assert refused(DropTable("changes_carrier"), released=forgotten) == ""
    assert refused(forget_field("Parcel", "zone"), forget_model("Carrier"), atomic=True) == ""


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("CREATE INDEX a ON t (x)", "CONCURRENTLY"),
        ("create unique index a on t (x)", "CONCURRENTLY"),
        ("CREATE INDEX CONCURRENTLY IF NOT EXISTS a ON t (x)", ""),
        ("DROP INDEX a", "CONCURRENTLY"),
        ("DROP INDEX CONCURRENTLY IF EXISTS a", ""),
        ("REINDEX TABLE t", "CONCURRENTLY"),
        ("ALTER TABLE t ADD CONSTRAINT c CHECK (x > 0)", "NOT VALID"),
        ("ALTER TABLE t ADD CHECK (x > 0)", "NOT VALID"),
        ("ALTER TABLE t VALIDATE CONSTRAINT c", ""),
        ("ALTER TABLE t ALTER COLUMN x SET NOT NULL", "validated check"),
        ("ALTER TABLE t ALTER x TYPE bigint", "temporary column"),
        ("ALTER TABLE t DROP COLUMN x", "DropColumn"),
        ("DROP TABLE t", "DropTable"),
        ("ALTER TABLE t RENAME x TO y", "old name"),
        ("/* all */ DELETE FROM t", "RunBackfill"),
        ("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ DELETE FROM t RETURNING 1 $$", ""),
        ("COMMENT ON TABLE t IS 'DROP TABLE t'", ""),
        ("CREATE TABLE t (x int); CREATE OR REPLACE TRIGGER g BEFORE UPDATE ON t EXECUTE FUNCTION f()", ""),
        ("CREATE TRIGGER g BEFORE UPDATE ON t EXECUTE FUNCTION f()", "OR REPLACE"),
        ("ALTER TABLE t ADD COLUMN x int", "IF [NOT] EXISTS"),
        ("ALTER TABLE t ADD CONSTRAINT c CHECK (x > 0) NOT VALID", "run again"),
    ],
)
def test_statements(sql: str, said: str) -> None:
    found = "; ".join(statements.breaches(sql, again=True))

    assert said in found
    assert bool(found) == bool(said)


def test_one_transaction_need_not_bear_to_be_run_again() -> None:
    assert list(statements.breaches(["CREATE TRIGGER g BEFORE UPDATE ON t", ("SELECT 1", None)], again=False)) == []


def test_those_of_the_shop_keep_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("check_migrations")

    release = releases.previous_release()
    monkeypatch.setattr(
        releases,
        "previous_release",
        lambda: releases.Release(release.commit, {**release.migrations, "products": "0026_stock_alerts_and_notices"}),
    )
    monkeypatch.setattr("common.management.commands.check_migrations.previous_release", releases.previous_release)

    with pytest.raises(CommandError, match="breaches of the rules"):
        call_command("check_migrations")


def test_every_application_is_in_the_file_and_has_one_last_migration() -> None:
    released = releases.previous_release().migrations

    assert set(released) == {path.parent.parent.name for path in CHECKOUT.glob("*/migrations/0001_initial.py")}
    for name in released:
        last = (CHECKOUT / name / "migrations" / "max_migration.txt").read_text(encoding="utf-8").strip()
        assert last == max(path.stem for path in (CHECKOUT / name / "migrations").glob("0*.py"))
