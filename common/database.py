"""What migrations share: triggers that keep `updated_at`, and other SQL that no model can say."""

from django.db import migrations

TOUCH_FUNCTION = """
CREATE FUNCTION common_touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at THEN
        NEW.updated_at := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
"""

# A back-fill writes down what was true before: to whoever asks for what has changed, its rows have not.
TOUCH_BUT_BY_BACKFILLS = """
CREATE OR REPLACE FUNCTION common_touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at
       AND current_setting('common.backfilling', true) IS DISTINCT FROM 'on' THEN
        NEW.updated_at := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
"""


def touch_trigger(table: str) -> migrations.RunSQL:
    """Have every update of the table move `updated_at`, whoever writes it; an unchanged row keeps its time."""
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {table}_touch BEFORE UPDATE ON {table} FOR EACH ROW
        WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION common_touch_updated_at();
        """,
        f"DROP TRIGGER {table}_touch ON {table};",
    )


def audit_trigger(
    table: str, *, kind: str, model: str, columns: tuple[str, ...], events: str = "UPDATE", but_doors: str = ""
) -> migrations.RunSQL:
    """Have the audit told, row by row, of these columns; for tables of which few rows change at a time.

    An update that changes none of them costs nothing. `but_doors` names those whose changes are told elsewhere.
    """
    told = ", ".join(f"'{each}'" for each in (kind, model, f"{{{but_doors}}}", *columns))
    changes = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in columns)
    names = {event: f"{table}_audit_{event.lower()}" for event in events.split()}
    return migrations.RunSQL(
        "\n".join(
            f"CREATE OR REPLACE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW "
            f"{f'WHEN ({changes})' if event == 'UPDATE' else ''} EXECUTE FUNCTION common_audit_row({told});"
            for event, name in names.items()
        ),
        "\n".join(f"DROP TRIGGER {name} ON {table};" for name in names.values()),
    )
