"""What each line of an invoice is: a sale, a cancellation, or something that no order can hold.

docs/import.md has the same table for people. Rules are tried in this order; the first that holds decides.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """Lines of `import_row r` for which the SQL condition holds; a rule with a reason refuses them."""

    name: str
    told: str
    condition: str
    reason: str = ""
    column: str = ""  # of the file, whose value is to blame


SALE, FREE, CANCELLATION, UNMATCHED = "sale", "free_goods", "cancellation", "nothing_to_cancel"

RULES = (
    Rule(
        "bad_debt",
        "refused: a bad debt, adjusted (invoices A..., code B)",
        "r.number LIKE 'A%' OR r.code = 'B'",
        "a bad debt that was adjusted: neither sold nor given back",
        "StockCode",
    ),
    Rule(
        "own_cost",
        "refused: a cost of the shop's own (AMAZONFEE, BANK CHARGES, CRUK)",
        "r.code IN ('AMAZONFEE', 'BANK CHARGES', 'CRUK')",
        "a fee or commission that the shop paid: no customer bought it",
        "StockCode",
    ),
    Rule(
        "later_discount",
        "refused: a discount given afterwards (code D)",
        "r.code = 'D'",
        "a discount given afterwards: the file does not say on which invoice",
        "StockCode",
    ),
    Rule(
        "cancels_for_nobody",
        "refused: a cancellation without a customer",
        "r.number LIKE 'C%' AND r.customer = ''",
        "a cancellation without a customer: what it cancels cannot be found",
        "CustomerID",
    ),
    Rule(
        "not_a_cancellation",
        "refused: a cancellation that gives nothing back",
        "r.number LIKE 'C%' AND (r.quantity > 0 OR r.price <= 0)",
        "a cancellation has a quantity below zero and a price above",
        "Quantity",
    ),
    Rule(CANCELLATION, "refunded: cancels units sold before", "r.number LIKE 'C%'"),
    Rule(
        "stock_adjustment",
        "refused: a quantity below zero outside a cancellation",
        "r.quantity < 0",
        "goods lost, damaged or counted: an adjustment of stock, no sale",
        "Quantity",
    ),
    Rule("negative_price", "refused: a price below zero", "r.price < 0", "a price below zero", "UnitPrice"),
    Rule(
        "no_price",
        "refused: a price of zero without a customer",
        "r.price = 0 AND r.customer = ''",
        "goods found or written in without a price and a customer: no sale",
        "UnitPrice",
    ),
    Rule(FREE, "sold for nothing to a known customer", "r.price = 0"),
    Rule(SALE, "sold", "true"),
)
REASONS_LATER = {
    UNMATCHED: (
        "refused: a cancellation of what the file does not sell before",
        "the customer bought fewer such units at this price before, less what was cancelled already",
        "Quantity",
    ),
    "other_buyer": (
        "refused: another customer or country than the first line of the invoice",
        "an invoice has one customer and one country",
        "CustomerID",
    ),
    "made_by_the_shop": (
        "refused: this shop has sold an order of this number itself",
        "this shop sold the order; an import changes none of those",
        "InvoiceNo",
    ),
    "changed_since": (
        "refused: the order was changed since it was imported",
        "the order was changed since it was imported",
        "InvoiceNo",
    ),
    "made_meanwhile": ("refused: somebody made an order of this number meanwhile", "", ""),
}
TOLD = {rule.name: rule.told for rule in RULES} | {name: told for name, (told, _, _) in REASONS_LATER.items()}
