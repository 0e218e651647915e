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


def touch_trigger(table: str) -> migrations.RunSQL:
    """Have every update of the table move `updated_at`, whoever writes it; an unchanged row keeps its time."""
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {table}_touch BEFORE UPDATE ON {table} FOR EACH ROW
        WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION common_touch_updated_at();
        """,
        f"DROP TRIGGER {table}_touch ON {table};",
    )
