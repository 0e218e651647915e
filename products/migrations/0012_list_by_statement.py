"""Listings of new products are written, and the words of their names learned, once a statement: imports insert many."""

from django.db import migrations

LIST = """
CREATE FUNCTION products_list_products() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- What belongs to a product may have been inserted before it, so its variations are asked, too.
    INSERT INTO products_productlisting (product_id, vector, words, is_in_stock)
    SELECT n.id, products_listing_vector(n.sku, n.name, n.description), lower(unaccent(n.name)),
        products_is_in_stock(n.id, n.stock_quantity)
    FROM new_products n;

    INSERT INTO products_searchword (word, keys)
    SELECT w.word, products_typo_keys(w.word)
    FROM (SELECT DISTINCT products_words_of(lower(unaccent(name))) AS word FROM new_products) w
    WHERE NOT EXISTS (SELECT FROM products_searchword k WHERE k.word = w.word);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER products_product_list_new AFTER INSERT ON products_product
REFERENCING NEW TABLE AS new_products FOR EACH STATEMENT EXECUTE FUNCTION products_list_products();
DROP TRIGGER products_product_list ON products_product;
DROP FUNCTION products_list_product();
"""
BY_ROW = """
CREATE FUNCTION products_list_product() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    folded text := lower(unaccent(NEW.name));
BEGIN
    INSERT INTO products_productlisting (product_id, vector, words, is_in_stock)
    VALUES (
        NEW.id, products_listing_vector(NEW.sku, NEW.name, NEW.description), folded,
        products_is_in_stock(NEW.id, NEW.stock_quantity)
    );
    PERFORM products_learn_words(folded);
    RETURN NULL;
END $$;

CREATE TRIGGER products_product_list AFTER INSERT ON products_product
FOR EACH ROW EXECUTE FUNCTION products_list_product();
DROP TRIGGER products_product_list_new ON products_product;
DROP FUNCTION products_list_products();
"""


class Migration(migrations.Migration):
    dependencies = [("products", "0011_import_fingerprints")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.RunSQL(LIST, BY_ROW),
    ]
