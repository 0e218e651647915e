"""The triggers that keep past prices, and the function that reads what a reduction has to be measured by."""

from django.db import migrations

# The period of a price ends when the transaction that changes it begins, so that a price which only this transaction
# saw leaves no trace. Where another transaction changed the price meanwhile, that price was in force until now.
TRIGGERS = """
CREATE FUNCTION products_keep_past_price(of_product bigint, of_variation bigint, old numeric, made_at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    since timestamptz;
    until timestamptz := now();
BEGIN
    SELECT max(to_at) INTO since FROM products_pastprice
    WHERE product_id = of_product AND variation_id IS NOT DISTINCT FROM of_variation;
    IF since > until THEN
        until := clock_timestamp();
    END IF;
    since := coalesce(since, made_at);
    IF since IS NULL OR since < until THEN
        INSERT INTO products_pastprice (product_id, variation_id, amount, from_at, to_at)
        VALUES (of_product, of_variation, old, since, until);
    END IF;
END $$;

CREATE FUNCTION products_keep_past_price_of_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM products_keep_past_price(NEW.id, NULL, OLD.price, OLD.created_at);
    RETURN NULL;
END $$;

CREATE FUNCTION products_keep_past_price_of_variation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM products_keep_past_price(NEW.product_id, NEW.id, OLD.price_adjustment, NULL);
    RETURN NULL;
END $$;

-- By row: a sale, which changes no price, then pays nothing for it, as it would for the tables of a statement.
CREATE TRIGGER products_product_past_price AFTER UPDATE ON products_product
FOR EACH ROW WHEN (OLD.price IS DISTINCT FROM NEW.price) EXECUTE FUNCTION products_keep_past_price_of_product();

CREATE TRIGGER products_productvariation_past_price AFTER UPDATE ON products_productvariation
FOR EACH ROW WHEN (OLD.price_adjustment IS DISTINCT FROM NEW.price_adjustment)
EXECUTE FUNCTION products_keep_past_price_of_variation();
"""

# Directive 98/6/EC, article 6a: the prior price is the lowest of the 30 days before the reduction. A variation's price
# is the sum of two, so its periods end whenever one of them changes; read backwards, each of the two holds from its
# own next change on, and after its last one the value in force now does.
LOWEST_PRICE = """
CREATE FUNCTION products_lowest_price_before_reduction(of_product bigint, of_variation bigint) RETURNS numeric
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM products_pastprice WHERE product_id = of_product) THEN
        RETURN NULL;
    END IF;
    RETURN (
        WITH now_in_force AS (
            SELECT p.price, coalesce(v.price_adjustment, 0) AS adjustment
            FROM products_product p LEFT JOIN products_productvariation v ON v.id = of_variation
            WHERE p.id = of_product
        ),
        past AS (
            SELECT to_at, max(amount) FILTER (WHERE variation_id IS NULL) AS price,
                max(amount) FILTER (WHERE variation_id IS NOT NULL) AS adjustment
            FROM products_pastprice
            WHERE product_id = of_product AND (variation_id IS NULL OR variation_id = of_variation)
            GROUP BY to_at
        ),
        counted AS (
            SELECT past.*, count(price) OVER later AS price_number, count(adjustment) OVER later AS adjustment_number
            FROM past WINDOW later AS (ORDER BY to_at DESC)
        ),
        ended AS (
            SELECT c.to_at, n.price + n.adjustment AS price_now,
                coalesce(max(c.price) OVER (PARTITION BY c.price_number), n.price)
                + coalesce(max(c.adjustment) OVER (PARTITION BY c.adjustment_number), n.adjustment) AS price
            FROM counted c CROSS JOIN now_in_force n
        ),
        replaced AS (
            SELECT to_at, price FROM ended WHERE price <> price_now ORDER BY to_at DESC LIMIT 1
        )
        SELECT greatest(min(e.price), 0)
        FROM ended e CROSS JOIN replaced r
        WHERE r.price > e.price_now AND e.to_at <= r.to_at AND e.to_at > r.to_at - interval '30 days'
        HAVING count(*) > 0
    );
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("products", "0013_price_history")]

    operations = [
        migrations.RunSQL(TRIGGERS, migrations.RunSQL.noop),
        migrations.RunSQL(LOWEST_PRICE, migrations.RunSQL.noop),
    ]
