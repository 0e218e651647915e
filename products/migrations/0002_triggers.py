"""Triggers of the catalogue: times, stock sums, and the listing beside each product."""

from django.db import migrations

from common.database import touch_trigger

SUM_STOCK = """
CREATE FUNCTION products_sum_variation_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE products_product p
    SET stock_quantity = s.total
    FROM (
        SELECT v.product_id, sum(v.stock_quantity) AS total
        FROM products_productvariation v
        WHERE v.product_id IN (SELECT product_id FROM changed)
        GROUP BY v.product_id
    ) s
    WHERE p.id = s.product_id AND p.stock_quantity <> s.total;
    RETURN NULL;
END $$;

CREATE TRIGGER products_productvariation_stock_insert AFTER INSERT ON products_productvariation
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products_sum_variation_stock();

CREATE TRIGGER products_productvariation_stock_update AFTER UPDATE ON products_productvariation
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products_sum_variation_stock();

CREATE TRIGGER products_productvariation_stock_delete AFTER DELETE ON products_productvariation
REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products_sum_variation_stock();
"""

# The listing's vector weighs SKU and name above the description; 'english' stems, unaccent folds accents.
LISTING = """
CREATE TEXT SEARCH CONFIGURATION products_text (COPY = english);
ALTER TEXT SEARCH CONFIGURATION products_text
    ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem;

CREATE FUNCTION products_listing_vector(sku text, name text, description text) RETURNS tsvector
LANGUAGE sql STABLE AS $$
    SELECT setweight(to_tsvector('simple', sku), 'A')
        || setweight(to_tsvector('products_text', name), 'A')
        || setweight(to_tsvector('products_text', left(description, 100000)), 'C')
$$;

CREATE FUNCTION products_list_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO products_productlisting (product_id, vector)
    VALUES (NEW.id, products_listing_vector(NEW.sku, NEW.name, NEW.description));
    RETURN NULL;
END $$;

CREATE TRIGGER products_product_list AFTER INSERT ON products_product
FOR EACH ROW EXECUTE FUNCTION products_list_product();

CREATE FUNCTION products_relist_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.sku, OLD.name, OLD.description) IS DISTINCT FROM (NEW.sku, NEW.name, NEW.description) THEN
        UPDATE products_productlisting
        SET version = version + 1, vector = products_listing_vector(NEW.sku, NEW.name, NEW.description)
        WHERE product_id = NEW.id;
    ELSE
        UPDATE products_productlisting SET version = version + 1 WHERE product_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;

-- A stock change shows only when it crosses zero or staff look at it; either way the version must grow, because the
-- staff body carries the exact stock.
CREATE TRIGGER products_product_relist AFTER UPDATE ON products_product
FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION products_relist_product();

CREATE FUNCTION products_bump_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE products_productlisting SET version = version + 1
    WHERE product_id IN (SELECT product_id FROM changed);
    RETURN NULL;
END $$;

CREATE FUNCTION products_rate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE products_productlisting l
    SET version = version + 1, rating_average = coalesce(r.average, 0), rating_count = coalesce(r.count, 0)
    FROM (SELECT DISTINCT product_id FROM changed) c
    LEFT JOIN LATERAL (
        SELECT round(avg(rating), 2) AS average, count(*)::int AS count
        FROM products_productreview WHERE product_id = c.product_id AND is_approved
    ) r ON true
    WHERE l.product_id = c.product_id;
    RETURN NULL;
END $$;
"""


def _statement_triggers(table: str, function: str) -> str:
    events = (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
    return "\n".join(
        f"CREATE TRIGGER {table}_{function}_{event.lower()} AFTER {event} ON {table} "
        f"REFERENCING {which} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products_{function}();"
        for event, which in events
    )


BUMPS = "\n".join(
    [
        _statement_triggers("products_product_categories", "bump_version"),
        _statement_triggers("products_productimage", "bump_version"),
        _statement_triggers("products_productvariation", "bump_version"),
        _statement_triggers("products_productreview", "rate"),
    ]
)


class Migration(migrations.Migration):
    dependencies = [("products", "0001_initial")]

    operations = [
        touch_trigger("products_category"),
        touch_trigger("products_product"),
        touch_trigger("products_productreview"),
        migrations.RunSQL(SUM_STOCK, migrations.RunSQL.noop),
        migrations.RunSQL(LISTING, migrations.RunSQL.noop),
        migrations.RunSQL(BUMPS, migrations.RunSQL.noop),
    ]
