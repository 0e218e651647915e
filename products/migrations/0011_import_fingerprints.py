"""Fingerprints of known rows of files, and versions that grow for the product that something leaves, too."""

from django.db import migrations, models

# A row that moves from one product to another changes both.
BUMP_BOTH = """
CREATE FUNCTION products_bump_versions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE products_productlisting SET version = version + 1
    WHERE product_id IN (SELECT product_id FROM changed UNION SELECT product_id FROM former);
    RETURN NULL;
END $$;
"""
DROP_BUMP_BOTH = "DROP FUNCTION products_bump_versions()"
BUMPING_TABLES = ("products_product_categories", "products_productimage")

OFFER_BOTH = """
CREATE FUNCTION products_offer_moved_variations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE products_productlisting l
    SET version = l.version + 1,
        is_in_stock = CASE
            WHEN v.variations > 0 THEN v.offered
            ELSE (SELECT p.stock_quantity > 0 FROM products_product p WHERE p.id = l.product_id)
        END
    FROM (SELECT product_id FROM changed UNION SELECT product_id FROM former) c
    CROSS JOIN LATERAL (
        SELECT count(*) AS variations, coalesce(bool_or(is_active AND stock_quantity > 0), false) AS offered
        FROM products_productvariation WHERE product_id = c.product_id
    ) v
    WHERE l.product_id = c.product_id;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER products_productvariation_offer_update AFTER UPDATE ON products_productvariation
REFERENCING OLD TABLE AS former NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION products_offer_moved_variations();
"""
OFFER_ONE = """
CREATE OR REPLACE TRIGGER products_productvariation_offer_update AFTER UPDATE ON products_productvariation
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products_offer_variations();
DROP FUNCTION products_offer_moved_variations();
"""

FORGET = """
CREATE FUNCTION products_forget_fingerprints() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM products_importfingerprint f USING gone WHERE f.product_id = gone.id;
    RETURN NULL;
END $$;

CREATE TRIGGER products_product_forget_fingerprints AFTER DELETE ON products_product
REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION products_forget_fingerprints();

CREATE FUNCTION products_forget_variation_fingerprints() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM products_importfingerprint f USING gone
    WHERE f.product_id = gone.product_id AND f.variation_id = gone.id;
    RETURN NULL;
END $$;

CREATE TRIGGER products_productvariation_forget_fingerprints AFTER DELETE ON products_productvariation
REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION products_forget_variation_fingerprints();
"""
REMEMBER_AGAIN = """
DROP TRIGGER products_product_forget_fingerprints ON products_product;
DROP TRIGGER products_productvariation_forget_fingerprints ON products_productvariation;
DROP FUNCTION products_forget_fingerprints();
DROP FUNCTION products_forget_variation_fingerprints();
"""


def _on_update(table: str) -> migrations.RunSQL:
    """Have the table's trigger see where its rows were before, too."""
    trigger = f"{table}_bump_version_update"
    return migrations.RunSQL(
        f"""
        CREATE OR REPLACE TRIGGER {trigger} AFTER UPDATE ON {table} REFERENCING OLD TABLE AS former NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION products_bump_versions();
        """,
        f"""
        CREATE OR REPLACE TRIGGER {trigger} AFTER UPDATE ON {table} REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION products_bump_version();
        """,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("products", "0010_import_batches_move"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportFingerprint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("product_id", models.BigIntegerField(db_comment="Key of the product, or of the variation's product")),
                (
                    "variation_id",
                    models.BigIntegerField(
                        blank=True, db_comment="Key of the variation; null for the product's own row", null=True
                    ),
                ),
                (
                    "version",
                    models.BigIntegerField(
                        db_comment="Version of the product's listing when the row was what the shop had"
                    ),
                ),
                ("digest", models.UUIDField(db_comment="Digest of the row's cells")),
                (
                    "rules",
                    models.UUIDField(
                        db_comment="Digest of all else that decides what the row does: code, format, header, category tree"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("product_id", "variation_id"),
                        name="products_importfingerprint_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.RunSQL(BUMP_BOTH, DROP_BUMP_BOTH),
        *(_on_update(table) for table in BUMPING_TABLES),
        migrations.RunSQL(OFFER_BOTH, OFFER_ONE),
        migrations.RunSQL(FORGET, REMEMBER_AGAIN),
    ]
