"""Availability and the words of names, kept by the triggers of the listing."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION products_is_in_stock(of_product bigint, level integer) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT level > 0 AND (
        NOT EXISTS (SELECT FROM products_productvariation v WHERE v.product_id = of_product)
        OR EXISTS (
            SELECT FROM products_productvariation v
            WHERE v.product_id = of_product AND v.is_active AND v.stock_quantity > 0
        )
    )
$$;

-- Two words a typo apart have a key in common: each of them with a letter left out, and with two where the word is
-- long enough for two typos. The same for beginnings, of which those of four to nine letters will do.
CREATE FUNCTION products_typo_keys(word text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    WITH part(part) AS (
        SELECT word UNION SELECT left(word, n) FROM generate_series(4, least(length(word), 9)) n
    ),
    less(key) AS (
        SELECT left(part, i - 1) || substr(part, i + 1) FROM part, generate_series(1, length(part)) i
    ),
    once(key) AS (SELECT DISTINCT left(word, i - 1) || substr(word, i + 1) FROM generate_series(1, length(word)) i),
    twice(key) AS (
        SELECT left(key, i - 1) || substr(key, i + 1) FROM once, generate_series(1, length(key)) i
        WHERE length(word) BETWEEN 7 AND 20
    )
    SELECT array_agg(key) FROM (SELECT part AS key FROM part UNION SELECT key FROM less UNION SELECT key FROM twice) k
$$;

CREATE FUNCTION products_words_of(name text) RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
    SELECT DISTINCT word FROM regexp_split_to_table(name, '[^[:alnum:]]+') AS word
    WHERE length(word) BETWEEN 4 AND 40 AND word !~ '[0-9]'
$$;

CREATE FUNCTION products_learn_words(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO products_searchword (word, keys)
    SELECT n.word, products_typo_keys(n.word) FROM products_words_of(name) AS n(word)
    WHERE NOT EXISTS (SELECT FROM products_searchword w WHERE w.word = n.word);
END $$;

CREATE OR REPLACE FUNCTION products_list_product() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    folded text := lower(unaccent(NEW.name));
BEGIN
    INSERT INTO products_productlisting (product_id, vector, words, is_in_stock)
    VALUES (NEW.id, products_listing_vector(NEW.sku, NEW.name, NEW.description), folded, NEW.stock_quantity > 0);
    PERFORM products_learn_words(folded);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION products_relist_product() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    folded text;
BEGIN
    IF (OLD.sku, OLD.name, OLD.description) IS DISTINCT FROM (NEW.sku, NEW.name, NEW.description) THEN
        folded := lower(unaccent(NEW.name));
        UPDATE products_productlisting
        SET version = version + 1,
            vector = products_listing_vector(NEW.sku, NEW.name, NEW.description),
            words = folded,
            is_in_stock = products_is_in_stock(NEW.id, NEW.stock_quantity)
        WHERE product_id = NEW.id;
        PERFORM products_learn_words(folded);
    ELSE
        UPDATE products_productlisting
        SET version = version + 1, is_in_stock = products_is_in_stock(NEW.id, NEW.stock_quantity)
        WHERE product_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;

-- A variation that comes, goes or sells changes the availability of its product. The sum of stock is kept by a
-- trigger that runs later, so what the variations themselves have is what counts.
CREATE FUNCTION products_offer_variations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE products_productlisting l
    SET version = l.version + 1,
        is_in_stock = CASE
            WHEN v.variations > 0 THEN v.offered
            ELSE (SELECT p.stock_quantity > 0 FROM products_product p WHERE p.id = l.product_id)
        END
    FROM (SELECT DISTINCT product_id FROM changed) c
    CROSS JOIN LATERAL (
        SELECT count(*) AS variations, coalesce(bool_or(is_active AND stock_quantity > 0), false) AS offered
        FROM products_productvariation WHERE product_id = c.product_id
    ) v
    WHERE l.product_id = c.product_id;
    RETURN NULL;
END $$;
"""
EVENTS = (("insert", "NEW"), ("update", "NEW"), ("delete", "OLD"))
VARIATION_TRIGGERS = "\n".join(
    f"""
    DROP TRIGGER products_productvariation_bump_version_{event} ON products_productvariation;
    CREATE TRIGGER products_productvariation_offer_{event} AFTER {event} ON products_productvariation
    REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products_offer_variations();
    """
    for event, rows in EVENTS
)


class Migration(migrations.Migration):
    dependencies = [("products", "0006_search_words_and_availability")]

    operations = [
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        migrations.RunSQL(VARIATION_TRIGGERS, migrations.RunSQL.noop),
    ]
