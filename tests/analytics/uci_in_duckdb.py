"""The UCI file's sales by day, product and category, recomputed in DuckDB from the file alone.

Written from the rules in docs/import.md and docs/analytics.md, for another engine, without a line of the shop's SQL.
"""

from pathlib import Path

import duckdb

from tests.analytics.shelves import SHELVES_OF_SKU

Figures = tuple[int, int, int]  # orders, items, revenue in cents
Key = tuple[str, str, str]  # day, kind, and SKU or shelf

_LINES = """
CREATE TABLE line AS
SELECT row_number() OVER () AS place, upper(trim(InvoiceNo)) AS number, upper(trim(StockCode)) AS code,
    Quantity::INTEGER AS units, InvoiceDate::TIMESTAMP AS moment, UnitPrice::DECIMAL(18, 6) AS price,
    coalesce(CustomerID, '') AS customer
FROM read_csv(?, header = true, all_varchar = true);
"""

_JUDGED = """
CREATE TABLE judged AS
SELECT *, CASE
    WHEN price <> round(price, 2) OR number LIKE 'A%' THEN 'refused'
    WHEN code IN ('B', 'D', 'AMAZONFEE', 'BANK CHARGES', 'CRUK') THEN 'refused'
    WHEN number LIKE 'C%' THEN CASE WHEN customer = '' THEN 'refused' ELSE 'cancels' END
    WHEN units < 0 OR price < 0 OR (price = 0 AND customer = '') THEN 'refused'
    ELSE 'sold' END AS verdict
FROM line;
"""

# A cancellation takes as many units as its customer bought of the code at the price until then and has left, or none:
# one after the other, so what is taken goes through the recursion.
_CANCELLED = """
CREATE TABLE bought AS
SELECT customer, code, price, moment,
    sum(units) OVER (PARTITION BY customer, code, price ORDER BY moment, place) AS upto
FROM judged WHERE verdict = 'sold' AND customer <> '';

CREATE TABLE asked AS
SELECT c.place, c.number, c.code, c.price, c.customer, c.moment, -c.units AS units,
    row_number() OVER (PARTITION BY c.customer, c.code, c.price ORDER BY c.moment, c.place) AS turn,
    coalesce((SELECT max(b.upto) FROM bought b WHERE b.customer = c.customer AND b.code = c.code
        AND b.price = c.price AND b.moment <= c.moment), 0) AS most
FROM judged c WHERE c.verdict = 'cancels';

CREATE TABLE cancelled AS
WITH RECURSIVE walk AS (
    SELECT place, customer, code, price, turn, CASE WHEN most >= units THEN units ELSE 0 END AS taken,
        most >= units AS granted
    FROM asked WHERE turn = 1
    UNION ALL
    SELECT a.place, a.customer, a.code, a.price, a.turn,
        w.taken + CASE WHEN a.most - w.taken >= a.units THEN a.units ELSE 0 END, a.most - w.taken >= a.units
    FROM walk w JOIN asked a
        ON a.customer = w.customer AND a.code = w.code AND a.price = w.price AND a.turn = w.turn + 1
)
SELECT a.* FROM walk w JOIN asked a USING (place) WHERE w.granted;
"""

# An order is of its invoice's first moment, a refund of its cancellation's last.
_FACTS = """
CREATE TABLE fact AS
SELECT (min(moment) OVER (PARTITION BY number))::DATE AS day, number AS ordered, code, units,
    (units * price * 100)::BIGINT AS cents
FROM judged WHERE verdict = 'sold'
UNION ALL
SELECT (max(moment) OVER (PARTITION BY number))::DATE, NULL, code, -units, -(units * price * 100)::BIGINT
FROM cancelled;
"""

_SUMS = f"""
WITH subject AS (
    SELECT *, 'total' AS kind, '' AS subject FROM fact
    UNION ALL
    SELECT *, 'product', code FROM fact
    UNION ALL
    SELECT f.*, 'category', s.shelf FROM fact f JOIN (
        SELECT code, unnest({SHELVES_OF_SKU.format(sku="code")}) AS shelf FROM (SELECT DISTINCT code FROM fact)
    ) s USING (code)
)
SELECT strftime(day, '%Y-%m-%d'), kind, subject, count(DISTINCT ordered), sum(units)::BIGINT, sum(cents)::BIGINT
FROM subject GROUP BY ALL
"""


def recomputed(path: Path) -> dict[Key, Figures]:
    """Every aggregate that the file asks for; `path` is the CSV, gzipped or not."""
    with duckdb.connect() as engine:
        engine.execute(_LINES, [str(path)])
        engine.execute(_JUDGED)
        engine.execute(_CANCELLED)
        engine.execute(_FACTS)
        rows = engine.execute(_SUMS).fetchall()
    return {(day, kind, subject): (orders, items, cents) for day, kind, subject, orders, items, cents in rows}
