"""Triggers that note which products entered or left a category."""

from django.db import migrations

TABLE = "products_product_categories"

FUNCTION = """
CREATE FUNCTION analytics_note_category_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO analytics_categorychange (product_id) SELECT DISTINCT product_id FROM changed;
    RETURN NULL;
END $$;
"""

TRIGGERS = "\n".join(
    f"CREATE TRIGGER analytics_note_{event.lower()} AFTER {event} ON {TABLE} "
    f"REFERENCING {which} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION analytics_note_category_change();"
    for event, which in (("INSERT", "NEW"), ("DELETE", "OLD"))
)


class Migration(migrations.Migration):
    dependencies = [("analytics", "0002_category_changes")]

    operations = [
        migrations.RunSQL(
            FUNCTION + TRIGGERS,
            f"""
            DROP TRIGGER analytics_note_insert ON {TABLE};
            DROP TRIGGER analytics_note_delete ON {TABLE};
            DROP FUNCTION analytics_note_category_change();
            """,
        ),
    ]
