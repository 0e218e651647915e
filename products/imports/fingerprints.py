"""Knows rows of a file again that an import found to be as the shop is, so that it need not parse and compare them.

A fingerprint says: this row, read by these rules, was what the shop had when the product was at this version. A
product's version grows in the database with every change of the product, its places, pictures and variations, whoever
makes it, so a fingerprint that still fits proves that nothing has changed. Forgetting any of them costs time only.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from uuid import UUID

from django.db import connection

from common import imports
from common.imports.copying import copy_rows
from common.imports.listening import Mode
from common.imports.reading import OpenTable, RawRow
from products.imports.formats.format import Format

# A category that is renamed or moved changes what a row of the file would do without changing any product.
_TREE = (
    "SELECT md5(coalesce(json_agg(json_build_array(id, parent_id, name) ORDER BY id)::text, '')) FROM products_category"
)

_CREATE = """
DROP TABLE IF EXISTS import_digest, import_known;
CREATE TEMPORARY TABLE import_digest (line integer NOT NULL, digest uuid NOT NULL) ON COMMIT DROP
"""
_COPY = "COPY import_digest (line, digest) FROM STDIN"
# A row that stands in the file twice is left to the checks.
_RECOGNISE = """
ANALYZE import_digest;
CREATE TEMPORARY TABLE import_known ON COMMIT DROP AS
SELECT min(d.line) AS line, f.product_id, f.variation_id
FROM import_digest d
JOIN products_importfingerprint f ON f.digest = d.digest AND f.rules = %s
JOIN products_productlisting l ON l.product_id = f.product_id AND l.version = f.version
GROUP BY f.id HAVING count(*) = 1;
"""
# What other rows do to these could only be told by looking at all of them together.
_IN_DOUBT = """
SELECT EXISTS (SELECT FROM import_row r WHERE r.refusal_code IS NOT NULL) OR EXISTS (
    SELECT FROM import_row r JOIN import_known k ON k.product_id = r.target_id AND k.variation_id IS NULL
    WHERE r.kind = 'product'
) OR EXISTS (
    SELECT FROM import_row r JOIN import_known k ON k.variation_id = r.target_id
    WHERE r.kind = 'variation'
)
"""

# What was compared is remembered with the version that was read before; nobody else can have touched what is new.
# What was updated is not: others may have changed parts of it between the comparison and the lock.
_REMEMBER = """
INSERT INTO products_importfingerprint (product_id, variation_id, version, digest, rules)
SELECT CASE r.kind WHEN 'product' THEN r.target_id ELSE r.parent_id END,
    CASE r.kind WHEN 'variation' THEN r.target_id END,
    CASE r.action WHEN 'create' THEN l.version ELSE r.version END,
    r.digest, %(rules)s
FROM import_row r
JOIN products_productlisting l ON l.product_id = CASE r.kind WHEN 'product' THEN r.target_id ELSE r.parent_id END
WHERE r.refusal_code IS NULL AND r.digest IS NOT NULL AND r.action IN ('create', 'unchanged')
    AND (r.action = 'create' OR r.version = l.version)
    AND (r.action = 'create' OR r.stock_quantity IS NULL OR r.stock_quantity = r.stock_now)
ON CONFLICT (product_id, variation_id) DO UPDATE
SET version = EXCLUDED.version, digest = EXCLUDED.digest, rules = EXCLUDED.rules
"""


class Fingerprints:
    """Those of the rows of one file; `are_used` is false where a row alone does not tell what it does."""

    def __init__(self, table: OpenTable, file_format: Format, mode: Mode) -> None:
        self.are_used = file_format.rows_tell_all and mode is not Mode.CREATE
        self.known_count = 0
        self._looked_at = 0
        self._lines = bytearray()
        self._read_as = "\n".join([_code_digest(), file_format.name, *table.header]) if self.are_used else ""

    def recognise(self, rows: Iterable[RawRow]) -> None:
        """Find out which rows of the file are known to change nothing."""
        rules = self._rules()
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM products_importfingerprint WHERE rules = %s)", [rules])
            if not cursor.fetchone()[0]:
                return
            cursor.execute(_CREATE)
        copy_rows(_COPY, self._digests(rows))
        with connection.cursor() as cursor:
            cursor.execute(_RECOGNISE, [rules])
            cursor.execute("SELECT count(*), coalesce(max(line), 0) FROM import_known")
            self.known_count, last = cursor.fetchone()
        if self.know_all():
            return
        self._lines = bytearray(last // 8 + 1)
        with connection.chunked_cursor() as lines:
            lines.execute("SELECT line FROM import_known")
            for (line,) in lines:
                self._lines[line >> 3] |= 1 << (line & 7)

    def know_all(self) -> bool:
        """Whether no row of the file has to be looked at."""
        return 0 < self.known_count == self._looked_at

    def knows(self, line: int) -> bool:
        """Whether the row that begins on this line of the file changes nothing."""
        place = line >> 3
        return place < len(self._lines) and bool(self._lines[place] >> (line & 7) & 1)

    def are_in_doubt(self) -> bool:
        """Whether the rows that were checked may have to do with those that were not."""
        if not self.known_count:
            return False
        with connection.cursor() as cursor:
            cursor.execute(_IN_DOUBT)
            found: bool = cursor.fetchone()[0]
        return found

    def forget(self) -> None:
        """Know no row any more."""
        self.known_count = 0
        self._lines = bytearray()

    def remember(self) -> None:
        """Note the rows of the staging table that were created or found to change nothing."""
        if self.are_used:
            with connection.cursor() as cursor:
                cursor.execute(_REMEMBER, {"rules": self._rules()})

    def unknown(self, rows: Iterable[RawRow]) -> Iterator[RawRow]:
        """Yield the rows that have to be looked at."""
        if self.know_all():
            return iter(())
        return (row for row in rows if not self.knows(row.line)) if self.known_count else iter(rows)

    def _digests(self, rows: Iterable[RawRow]) -> Iterator[tuple[int, str]]:
        for row in rows:
            self._looked_at += 1
            if not row.broken:
                yield row.line, digest(row.cells)

    def _rules(self) -> UUID:
        with connection.cursor() as cursor:
            cursor.execute(_TREE)
            tree: str = cursor.fetchone()[0]
        return UUID(digest([self._read_as, tree]))


def digest(cells: Sequence[str]) -> str:
    """Return 128 bits in hexadecimal; no accepted cell holds the NUL that stands between them."""
    return hashlib.blake2b("\x00".join(cells).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _code_digest() -> str:
    """Return the digest of what reads files: a release that reads them otherwise compares everything once."""
    found = hashlib.blake2b(digest_size=16)
    for folder in (Path(imports.__file__).parent, Path(__file__).parent):
        for path in sorted(folder.rglob("*.py")):
            found.update(path.read_bytes())
    return found.hexdigest()
