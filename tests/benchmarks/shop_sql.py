"""The SQL that makes the shop of benchmarks; every choice follows from the number of the row, so none is random."""

ADJECTIVES = (
    "amber ancient azure bold bright calm classic clever compact cosy crisp daily deep elegant fancy fine fresh"
    " gentle golden grand happy hidden honest large light little lively lucky mellow modern narrow neat noble pale"
    " plain pure quiet rapid robust royal rustic silent simple slim smart smooth soft solid steady stout strong"
    " sunny sweet tall tidy tiny urban vivid warm wide wild wise young"
)
MATERIALS = (
    "acrylic aluminium bamboo birch brass bronze canvas ceramic cherry copper cork cotton crystal denim felt flax"
    " glass granite iron jute leather linen marble maple mohair nylon oak paper pewter pine porcelain silk silver"
    " slate steel stone teak velvet walnut wicker wool"
)
NOUNS = (
    "anklet apron armchair backpack basket beaker belt bench blanket blender board bookcase boot bottle bowl box"
    " bracelet brooch broom brush bucket cabinet candle cap cardigan carpet chair clock coat coaster colander comb"
    " cradle crate cup curtain cushion decanter desk dish drawer dress duvet easel fan flask fork frame glove goblet"
    " grater hammock hamper hat hook jacket jar jug kettle knife ladder ladle lamp lantern locker mat mattress"
    " mirror mitten mug napkin notebook oven pan parasol pencil pendant pillow pitcher plate platter pot pouch purse"
    " quilt rack ring rug sandal scarf shawl shelf shirt shoe skirt slipper sock sofa spoon stool suitcase sweater"
    " table tankard teapot tent thermos throw tile towel tray trolley trousers trunk tumbler umbrella urn vase vest"
    " wallet wardrobe whisk wreath"
)
SYLLABLES = "ba bel cor da del fi ga ka la lo ma mi na no pa ra ri sa so ta ti to va ve vi za zo zu"
SERIES_SIZE = 60  # products
ROOTS, CHILDREN = 10, 90
VARIED = 12  # one in so many products sells by size
HIDDEN = 50  # one in so many is no longer offered
SOLD_OUT = 15
REVIEWED = 5
STOCK = 100_000  # of what is in stock: more than a benchmark can sell


def _array(words: str) -> str:
    return f"string_to_array('{words}', ' ')"


# As random as a hash, and the same in every run. Numbers below `most`.
FUNCTIONS = f"""
CREATE FUNCTION pg_temp.pick(number bigint, salt bigint, most bigint) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT (((hashint8extended(number, salt) % most) + most) % most)::int
$$;
CREATE FUNCTION pg_temp.word(number bigint, salt bigint, words text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT words[1 + pg_temp.pick(number, salt, cardinality(words))]
$$;
CREATE FUNCTION pg_temp.series(number bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_temp.word(number, 11, s) || pg_temp.word(number, 12, s) || pg_temp.word(number, 13, s)
        || pg_temp.word(number, 14, s)
    FROM (SELECT {_array(SYLLABLES)} AS s) AS syllables
$$;
CREATE FUNCTION pg_temp.name_of(number bigint, products bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT initcap(pg_temp.word(number, 1, {_array(ADJECTIVES)}) || ' '
        || pg_temp.word(number, 2, {_array(MATERIALS)}) || ' ' || pg_temp.word(number, 3, {_array(NOUNS)}) || ' '
        || pg_temp.series(pg_temp.pick(number, 4, greatest(products / {SERIES_SIZE}, 3))))
$$;
CREATE FUNCTION pg_temp.sentence(number bigint, salt bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT 'A ' || pg_temp.word(number, salt, a) || ' and ' || pg_temp.word(number, salt + 1, a) || ' piece of '
        || pg_temp.word(number, salt + 2, m) || ', made for every ' || pg_temp.word(number, salt + 3, a)
        || ' home; it goes well with ' || pg_temp.word(number, salt + 4, m) || ' and '
        || pg_temp.word(number, salt + 5, m) || '.'
    FROM (SELECT {_array(ADJECTIVES)} AS a, {_array(MATERIALS)} AS m) AS words
$$;
"""

PEOPLE = """
INSERT INTO authentication_user (id, username, email, password, first_name, last_name, is_superuser, is_staff_member,
    email_verified_at)
SELECT n, 'user-' || n, 'user-' || n || '@shop.example', %(password)s, 'Given' || n, 'Family' || n,
    n = 1, n = 1, now()
FROM generate_series(1, %(users)s) n;
"""

SHIPPING = """
INSERT INTO shipping_shippingmethod (id, name, description, price, delivery_time)
VALUES (1, 'Standard', '', 4.90, '2-3 days'), (2, 'Express', '', 12.50, '1 day');
"""

CATEGORIES = f"""
INSERT INTO products_category (id, name, slug)
SELECT n, initcap(pg_temp.word(n, 21, {_array(MATERIALS)})) || ' department ' || n, 'department-' || n
FROM generate_series(1, {ROOTS}) n;

INSERT INTO products_category (id, name, slug, parent_id)
SELECT n, initcap(pg_temp.word(n, 22, {_array(NOUNS)})) || ' shelf ' || n, 'shelf-' || n, 1 + n % {ROOTS}
FROM generate_series({ROOTS + 1}, {ROOTS + CHILDREN}) n;
"""

# Microseconds are never zero: then nobody's way of leaving them out matters.
_PLACED = "date_trunc('second', now() - make_interval(secs => {age})) + interval '123457 microseconds'"

PRODUCTS = f"""
BEGIN;

CREATE TEMPORARY TABLE new_product ON COMMIT DROP AS
SELECT n AS id, 'SKU-' || lpad(n::text, 8, '0') AS sku, pg_temp.name_of(n, %(products)s) AS name,
    (199 + pg_temp.pick(n, 5, 49800)) / 100.0 AS price, n %% {VARIED} = 0 AS is_varied,
    CASE WHEN n %% {SOLD_OUT} = 0 THEN 0 ELSE {STOCK} + pg_temp.pick(n, 6, 1000) END AS stock
FROM generate_series(%(first)s::bigint, %(last)s::bigint) n;

INSERT INTO products_productvariation (product_id, name, value, price_adjustment, stock_quantity, sku)
SELECT p.id, 'Size', s.value, s.place - 1, CASE WHEN stock = 0 THEN 0 ELSE {STOCK} END, p.sku || '-' || s.value
FROM new_product p CROSS JOIN unnest(ARRAY['S', 'M', 'L']) WITH ORDINALITY AS s (value, place)
WHERE p.is_varied ORDER BY p.id, s.place;

INSERT INTO products_product_categories (product_id, category_id)
SELECT DISTINCT p.id, {ROOTS} + 1 + pg_temp.pick(p.id, 30 + place, {CHILDREN})
FROM new_product p CROSS JOIN generate_series(0, 1) place WHERE place <= pg_temp.pick(p.id, 32, 2);

INSERT INTO products_productimage (product_id, image, alt_text, is_featured)
SELECT id, 'products/' || substr(md5(sku), 1, 2) || '/' || substr(md5(sku), 3, 24) || '.jpg', name, true
FROM new_product ORDER BY id;

UPDATE products_picturefile f SET state = 'ready', width = 1200, height = 900, renditions = (
    SELECT jsonb_agg(jsonb_build_object('name', replace(f.name, '.jpg', '-' || w || '.webp'), 'format', 'webp',
        'width', w, 'height', w * 3 / 4) ORDER BY w)
    FROM unnest(ARRAY[320, 640, 960]) w)
FROM new_product p
WHERE f.name = 'products/' || substr(md5(p.sku), 1, 2) || '/' || substr(md5(p.sku), 3, 24) || '.jpg';

INSERT INTO products_stockmovement (product_id, variation_id, delta, reason)
SELECT id, NULL, stock, 'opening' FROM new_product WHERE NOT is_varied AND stock > 0
UNION ALL
SELECT v.product_id, v.id, v.stock_quantity, 'opening'
FROM new_product p JOIN products_productvariation v ON v.product_id = p.id WHERE v.stock_quantity > 0;

INSERT INTO products_product (id, sku, name, slug, description, price, compare_price, cost_price, weight, is_active,
    stock_quantity, created_at, updated_at)
SELECT id, sku, name, lower(replace(name, ' ', '-')) || '-' || id,
    '<p>' || pg_temp.sentence(id, 40) || '</p><p>' || pg_temp.sentence(id, 50) || ' '
        || pg_temp.sentence(id, 60) || '</p>',
    price, CASE WHEN id %% 3 = 0 THEN price + 10 END, round(price * 0.6, 2), (5 + pg_temp.pick(id, 7, 900)) / 100.0,
    id %% {HIDDEN} <> 0, CASE WHEN is_varied THEN CASE WHEN stock = 0 THEN 0 ELSE 3 * {STOCK} END ELSE stock END,
    moment, moment
FROM new_product CROSS JOIN LATERAL (
    SELECT {_PLACED.format(age="31536000.0 * id / %(products)s")} AS moment
) created
ORDER BY id;

COMMIT;
"""

REVIEWS = f"""
INSERT INTO products_productreview (product_id, user_id, rating, title, comment, is_approved, moderated_at)
SELECT n, 1 + (n + k * 7) %% %(users)s, 2 + pg_temp.pick(n, 70 + k, 4), 'As expected', 'It does what it should.', true,
    now()
FROM generate_series({REVIEWED}, %(products)s::bigint, {REVIEWED}) n CROSS JOIN generate_series(0, 2) k;
"""

# Two lines each; one in ten waits for its money, the rest has it.
ORDERS = f"""
BEGIN;

CREATE TEMPORARY TABLE new_line ON COMMIT DROP AS
SELECT n AS order_id, k, p.id AS product_id, 1 + pg_temp.pick(n, 80 + k, 3) AS quantity, p.price, p.name, p.sku,
    p.cost_price
FROM generate_series(%(first)s::bigint, %(last)s::bigint) n CROSS JOIN generate_series(0, 1) k
JOIN products_product p ON p.id = 1 + (pg_temp.pick(n, 90, %(products)s) + k * 17) %% %(products)s;

CREATE TEMPORARY TABLE new_order ON COMMIT DROP AS
SELECT order_id AS id, sum(price * quantity) AS subtotal, order_id %% 10 <> 0 AS is_paid,
    1 + pg_temp.pick(order_id, 91, %(users)s) AS user_id,
    {_PLACED.format(age="31536000.0 * (%(orders)s - order_id) / %(orders)s")} AS created_at
FROM new_line GROUP BY order_id;

INSERT INTO orders_order (id, user_id, status, shipping_method_id, subtotal, shipping_cost, tax, total, order_number,
    email, shipping_address_snapshot, billing_address_snapshot, shipping_method_name, currency, prices_include_tax,
    tax_lines, paid_at, created_at, updated_at)
SELECT o.id, user_id, CASE WHEN is_paid THEN 'delivered' ELSE 'pending' END, 1, subtotal, 4.90, 0, subtotal + 4.90,
    'B' || lpad(upper(to_hex(o.id)), 9, '0'), 'user-' || user_id || '@shop.example', a.snapshot, a.snapshot, 'Standard',
    'USD', false, '[]', CASE WHEN is_paid THEN created_at END, created_at, created_at
FROM new_order o CROSS JOIN LATERAL (SELECT jsonb_build_object('full_name', 'Given' || user_id, 'company', '', 'phone',
    '', 'address_line1', '1 Main Street', 'address_line2', '', 'city', 'Springfield', 'state', 'CA', 'country', 'US',
    'postal_code', '90210') AS snapshot) a
ORDER BY o.id;

INSERT INTO orders_orderitem (order_id, product_id, quantity, price, total_price, product_name, product_sku, unit_cost,
    untaken_quantity)
SELECT order_id, product_id, quantity, price, price * quantity, name, sku, cost_price, quantity
FROM new_line ORDER BY order_id, k;

INSERT INTO orders_orderevent (order_id, code, at)
SELECT id, code, created_at FROM new_order CROSS JOIN unnest(ARRAY['placed', 'confirmed']) code
WHERE code = 'placed' OR is_paid ORDER BY id;

INSERT INTO payments_payment (order_id, amount, status, payment_method, transaction_id, currency, created_at,
    updated_at)
SELECT id, subtotal + 4.90, CASE WHEN is_paid THEN 'succeeded' ELSE 'pending' END, 'dummy', 'dummy_ch_bench_' || id,
    'USD', created_at, created_at
FROM new_order ORDER BY id;

COMMIT;
"""

# Rows were inserted under ids of their own.
SEQUENCES = """
SELECT setval(pg_get_serial_sequence(t, 'id'), (xpath('/row/most/text()', query_to_xml(
    format('SELECT coalesce(max(id), 1) AS most FROM %I', t), false, true, '')))[1]::text::bigint)
FROM unnest(ARRAY['authentication_user', 'shipping_shippingmethod', 'products_category', 'products_product',
    'orders_order']) t;
"""
