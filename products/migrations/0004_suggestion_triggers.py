"""The listing's words, kept by its triggers, and the former slug written whenever a product's slug changes."""

from django.db import migrations

WORDS = """
CREATE OR REPLACE FUNCTION products_list_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO products_productlisting (product_id, vector, words)
    VALUES (NEW.id, products_listing_vector(NEW.sku, NEW.name, NEW.description), lower(unaccent(NEW.name)));
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION products_relist_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.sku, OLD.name, OLD.description) IS DISTINCT FROM (NEW.sku, NEW.name, NEW.description) THEN
        UPDATE products_productlisting
        SET version = version + 1,
            vector = products_listing_vector(NEW.sku, NEW.name, NEW.description),
            words = lower(unaccent(NEW.name))
        WHERE product_id = NEW.id;
    ELSE
        UPDATE products_productlisting SET version = version + 1 WHERE product_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;

UPDATE products_productlisting l SET words = lower(unaccent(p.name)) FROM products_product p WHERE p.id = l.product_id;
"""

FORMER_SLUGS = """
CREATE FUNCTION products_keep_former_slug() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM products_formerslug WHERE slug = NEW.slug;
    INSERT INTO products_formerslug (slug, product_id) VALUES (OLD.slug, NEW.id)
    ON CONFLICT (slug) DO UPDATE SET product_id = EXCLUDED.product_id, created_at = now();
    RETURN NULL;
END $$;

CREATE TRIGGER products_product_former_slug AFTER UPDATE OF slug ON products_product
FOR EACH ROW WHEN (OLD.slug IS DISTINCT FROM NEW.slug) EXECUTE FUNCTION products_keep_former_slug();
"""


class Migration(migrations.Migration):
    dependencies = [("products", "0003_suggestions_and_former_slugs")]

    operations = [
        migrations.RunSQL(WORDS, migrations.RunSQL.noop),
        migrations.RunSQL(FORMER_SLUGS, migrations.RunSQL.noop),
    ]
