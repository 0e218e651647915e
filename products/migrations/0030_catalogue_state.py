"""Categories get versions, and every change of the tree or of what is offered leaves its mark."""

from django.db import migrations, models

import products.models.versions

VERSION_OF_CATEGORY = """
CREATE FUNCTION products_grow_category() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := products_next_version(OLD.version);
    RETURN NEW;
END $$;

CREATE TRIGGER products_category_grow BEFORE UPDATE ON products_category
FOR EACH ROW WHEN ((OLD.name, OLD.slug) IS DISTINCT FROM (NEW.name, NEW.slug)) EXECUTE FUNCTION products_grow_category();
"""
UNGROW = """
DROP TRIGGER products_category_grow ON products_category;
DROP FUNCTION products_grow_category();
"""

# One row a transaction is enough; the setting remembers that it is there, and is undone with it by a savepoint.
NOTE_CHANGE = """
CREATE FUNCTION products_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    setting text := 'products.changed_' || TG_ARGV[0];
    this text := pg_current_xact_id()::text;
    mark bigint := 1 + floor(random() * (1::bigint << 40));
BEGIN
    IF current_setting(setting, true) IS DISTINCT FROM this THEN
        PERFORM set_config(setting, this, true);
        INSERT INTO products_cataloguechange (tree, membership)
        VALUES (CASE TG_ARGV[0] WHEN 'tree' THEN mark ELSE 0 END, CASE TG_ARGV[0] WHEN 'tree' THEN 0 ELSE mark END);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER products_product_offered AFTER UPDATE ON products_product
FOR EACH ROW WHEN (OLD.is_active IS DISTINCT FROM NEW.is_active) EXECUTE FUNCTION products_note_change('membership');
"""
FORGET_CHANGE = """
DROP TRIGGER products_product_offered ON products_product;
DROP FUNCTION products_note_change();
"""
NOTED = (
    ("products_product", "insert", "membership"),
    ("products_product", "delete", "membership"),
    *(("products_product_categories", event, "membership") for event in ("insert", "update", "delete")),
    *(("products_category", event, "tree") for event in ("insert", "update", "delete")),
)


def _note(table: str, event: str, kind: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {table}_note_{event} AFTER {event} ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION products_note_change('{kind}')
        """,
        f"DROP TRIGGER {table}_note_{event} ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("products", "0029_next_version")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="CatalogueChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "tree",
                    models.BigIntegerField(db_comment="A random number if categories changed", db_default=0, default=0),
                ),
                (
                    "membership",
                    models.BigIntegerField(
                        db_comment="A random number if it changed what is offered, or where", db_default=0, default=0
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CatalogueState",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        db_comment="Always 1", default=1, primary_key=True, serialize=False
                    ),
                ),
                (
                    "tree",
                    models.BigIntegerField(
                        db_comment="Mark of the categories: places, names, slugs", db_default=0, default=0
                    ),
                ),
                (
                    "membership",
                    models.BigIntegerField(
                        db_comment="Mark of which products are offered, and in which categories",
                        db_default=0,
                        default=0,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="products_cataloguestate_one_row")
                ],
            },
        ),
        # Read by every list and emptied each minute, so its dead rows must not wait for a share of the table.
        migrations.RunSQL(
            "ALTER TABLE products_cataloguechange SET (autovacuum_vacuum_scale_factor = 0, "
            "autovacuum_vacuum_threshold = 200)",
            migrations.RunSQL.noop,
        ),
        # Added with a constant, so that the table is not written anew; what was there has the oldest version.
        migrations.AddField(
            model_name="category",
            name="version",
            field=models.BigIntegerField(
                db_comment="Grows when its name or slug changes, which products show", db_default=1, editable=False
            ),
        ),
        migrations.AlterField(
            model_name="category",
            name="version",
            field=models.BigIntegerField(
                db_comment="Grows when its name or slug changes, which products show",
                db_default=products.models.versions.NextVersion(),
                editable=False,
            ),
        ),
        migrations.AlterField(
            model_name="productlisting",
            name="version",
            field=models.BigIntegerField(
                db_comment="Grows with every visible change",
                db_default=products.models.versions.NextVersion(),
                editable=False,
            ),
        ),
        migrations.RunSQL(VERSION_OF_CATEGORY, UNGROW),
        migrations.RunSQL(NOTE_CHANGE, FORGET_CHANGE),
        *(_note(*each) for each in NOTED),
    ]
