"""The admin's sidebar: every registered model that the user may see, grouped by application, with an icon."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

Item = dict[str, Any]

OTHER_ICON = "database"


@dataclass(frozen=True)
class Group:
    """A heading of the sidebar: applications, and icons of their models in the order in which they stand."""

    title: str
    apps: tuple[str, ...]
    icons: dict[str, str]
    is_folded: bool = False


GROUPS = (
    Group(
        "Orders",
        ("orders",),
        {
            "order": "shopping_bag",
            "invoice": "receipt",
            "cart": "shopping_cart",
            "coupon": "local_offer",
            "couponuse": "redeem",
            "taxrate": "percent",
            "orderitem": "receipt_long",
            "orderevent": "history",
            "cartitem": "list_alt",
        },
    ),
    Group(
        "Payments",
        ("payments",),
        {
            "payment": "payments",
            "refund": "currency_exchange",
            "refunditem": "list_alt",
            "dispute": "gavel",
            "webhookevent": "webhook",
            "dummycharge": "science",
            "dummyrefund": "science",
        },
    ),
    Group(
        "Catalogue",
        ("products",),
        {
            "product": "inventory_2",
            "category": "account_tree",
            "productreview": "reviews",
            "stockmovement": "swap_vert",
            "pastprice": "price_change",
            "productvariation": "straighten",
            "productimage": "image",
            "formerslug": "alt_route",
            "wantedpicture": "cloud_download",
            "picturefile": "photo_library",
        },
    ),
    Group(
        "Shipping",
        ("shipping",),
        {"shippingmethod": "local_shipping", "shippingzone": "public", "shippingrate": "price_change"},
    ),
    Group(
        "People",
        ("authentication", "auth"),
        {
            "user": "person",
            "address": "home_pin",
            "group": "badge",
            "refreshtoken": "key",
            "onetimetoken": "mark_email_read",
        },
    ),
    Group(
        "Analytics",
        ("analytics",),
        {"salesaggregate": "bar_chart", "productview": "visibility", "aggregatedday": "event_available"},
    ),
    Group(
        "Operations",
        ("common",),
        {
            "importjob": "upload_file",
            "exportjob": "download",
            "importbatch": "history",
            "importchange": "difference",
            "auditentry": "policy",
            "mail": "mail",
            "webhookendpoint": "webhook",
            "webhookdelivery": "send",
            "outboxevent": "outbox",
            "outboxdelivery": "move_to_inbox",
            "idempotencykey": "fingerprint",
            "backup": "backup",
            "deprecatedcall": "update_disabled",
        },
        is_folded=True,
    ),
)


def sidebar(request: HttpRequest) -> list[Item]:
    """The groups with something in them; what is registered beyond the table stands under a heading of its own."""
    apps = {app["app_label"]: app["models"] for app in admin.site.get_app_list(request)}
    known = {label for group in GROUPS for label in group.apps}
    others = Group("More", tuple(label for label in apps if label not in known), {}, is_folded=True)
    groups = [_first_group(request), *(_as_group(group, apps) for group in (*GROUPS, others))]
    _mark_active(groups, request.path)
    return [group for group in groups if group["items"]]


def _first_group(request: HttpRequest) -> Item:
    items: list[Item] = [{"title": "Dashboard", "icon": "dashboard", "link": reverse("admin:index")}]
    if request.user.has_perm("analytics.view_salesaggregate"):
        items.append({"title": "Reports", "icon": "monitoring", "link": reverse("admin:sales_report")})
    return {"items": items}


def _mark_active(groups: Sequence[Item], path: str) -> None:
    """Mark the one item whose address is the longest that the path begins with."""
    items = [item for group in groups for item in group["items"]]
    here = [item for item in items if path.startswith(item["link"])]
    current = max(here, key=lambda item: len(item["link"]), default=None)
    for item in items:
        item["active"] = item is current


def _as_group(group: Group, apps: Mapping[str, list[Item]]) -> Item:
    places = {name: place for place, name in enumerate(group.icons)}
    models = [model for label in group.apps for model in apps.get(label, ()) if model["admin_url"]]
    models.sort(key=lambda model: places.get(model["object_name"].lower(), len(places)))
    return {
        "title": group.title,
        "collapsible": group.is_folded,
        "separator": True,
        "items": [
            {
                "title": model["name"],
                "icon": group.icons.get(model["object_name"].lower(), OTHER_ICON),
                "link": model["admin_url"],
            }
            for model in models
        ],
    }
