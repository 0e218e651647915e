"""What the UCI file's sales come to by day, worked out with nothing but `csv` and `Decimal`.

Written from the rules in docs/import.md, line by line and lot by lot, without a line of the importer.
"""

import csv
import gzip
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

Lot = list[int]  # line of the file, units left
Key = tuple[str, str, Decimal]
OWN_COSTS = {"AMAZONFEE", "BANK CHARGES", "CRUK"}


class Books:
    """Revenue by day, and how many lines each rule took."""

    def __init__(self) -> None:
        self.revenue: dict[str, Decimal] = defaultdict(Decimal)
        self.lines: Counter[str] = Counter()
        self.invoices: set[str] = set()
        self._lots: dict[Key, list[tuple[str, Lot]]] = defaultdict(list)
        self._cancelled: list[tuple[str, int, Key, int]] = []

    def read(self, path: Path) -> "Books":
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            for line, row in enumerate(csv.DictReader(file)):
                self.lines[self._take(line, row)] += 1
        for lots in self._lots.values():
            lots.sort(key=lambda lot: (lot[0], lot[1][0]))
        for when, _, key, units in sorted(self._cancelled):
            self.lines[self._cancel(when, key, units)] += 1
        self.lines["waiting"] = 0
        return self

    def _take(self, line: int, row: dict[str, str]) -> str:
        number, code = row["InvoiceNo"].upper(), row["StockCode"].strip().upper()
        units, price, customer, when = (
            int(row["Quantity"]),
            Decimal(row["UnitPrice"]),
            row["CustomerID"],
            row["InvoiceDate"],
        )
        if price != round(price, 2):
            return "refused"
        if number.startswith("A") or code == "B" or code in OWN_COSTS or code == "D":
            return "refused"
        if number.startswith("C"):
            if not customer:
                return "refused"
            self._cancelled.append((when, line, (customer, code, price), -units))
            return "waiting"
        if units < 0 or price < 0 or (price == 0 and not customer):
            return "refused"
        self.revenue[when[:10]] += units * price
        self.invoices.add(number)
        self._lots[customer, code, price].append((when, [line, units]))
        return "sold"

    def _cancel(self, when: str, key: Key, units: int) -> str:
        earlier = [lot for sold_at, lot in self._lots.get(key, []) if sold_at <= when]
        if sum(left for _, left in earlier) < units:
            return "refused"
        self.revenue[when[:10]] -= units * key[2]
        for lot in earlier:
            taken = min(lot[1], units)
            lot[1] -= taken
            units -= taken
        return "cancelled"
