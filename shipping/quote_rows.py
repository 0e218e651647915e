"""The methods and rates that a quote is made of, in one statement: named SQL, as every checkout runs it."""

import json
from dataclasses import dataclass
from decimal import Decimal

from common import rows
from common.postgresql.prepared import run_prepared
from shipping.models import ShippingMethod

_OFFERED = f"""
SELECT EXISTS (SELECT FROM shipping_shippingrate x WHERE x.shipping_method_id = m.id),
    r.id, r.price, r.countries, r.regions, {rows.columns(ShippingMethod, "m")}
FROM shipping_shippingmethod m
LEFT JOIN (
    SELECT r.id, r.shipping_method_id, r.price, z.countries::text, z.regions::text
    FROM shipping_shippingrate r JOIN shipping_shippingzone z ON z.id = r.shipping_zone_id
    WHERE z.countries @> %(country)s::jsonb AND r.min_order_value <= %(subtotal)s
        AND (r.max_order_value IS NULL OR r.max_order_value > %(subtotal)s)
) r ON r.shipping_method_id = m.id
WHERE m.is_active
ORDER BY m.id
"""  # noqa: S608 - of the model's columns


@dataclass(frozen=True)
class ZoneRate:
    """What a method costs in a zone, and which places that is."""

    id: int
    price: Decimal
    countries: list[str]
    regions: list[str] | None


@dataclass(frozen=True)
class OfferedMethod:
    """An active method with the rates that match; `has_rates` where it has any at all, for whatever place."""

    method: ShippingMethod
    has_rates: bool
    rates: list[ZoneRate]


def offered_methods(*, country: str, subtotal: Decimal) -> list[OfferedMethod]:
    """The active methods with their rates whose zone has the country and whose band has the order value."""
    found = run_prepared(_OFFERED, {"country": json.dumps([country]), "subtotal": subtotal}).rows
    offered: dict[int, OfferedMethod] = {}
    for has_rates, rate_id, price, countries, regions, *of_method in found:
        method = rows.build(ShippingMethod, of_method)
        offer = offered.setdefault(method.id, OfferedMethod(method, has_rates, []))
        if rate_id is not None:
            offer.rates.append(ZoneRate(rate_id, price, json.loads(countries), json.loads(regions or "null")))
    return list(offered.values())
