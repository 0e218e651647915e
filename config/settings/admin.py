"""How the admin site looks: its name, colours, sidebar and first page."""

from typing import Any

from django.templatetags.static import static

# Indigo; the shades are those of Tailwind's palette.
PRIMARY = {
    "50": "oklch(96.2% .018 272.314)",
    "100": "oklch(93% .034 272.788)",
    "200": "oklch(87% .065 274.039)",
    "300": "oklch(78.5% .115 274.713)",
    "400": "oklch(67.3% .182 276.935)",
    "500": "oklch(58.5% .233 277.117)",
    "600": "oklch(51.1% .262 276.966)",
    "700": "oklch(45.7% .24 277.023)",
    "800": "oklch(39.8% .195 277.366)",
    "900": "oklch(35.9% .144 278.697)",
    "950": "oklch(25.7% .09 281.288)",
}


def unfold(*, shop_name: str) -> dict[str, Any]:
    """The setting UNFOLD of a shop of this name."""
    return {
        "SITE_TITLE": f"{shop_name} admin",
        "SITE_HEADER": shop_name,
        "SITE_SUBHEADER": "Administration",
        "SITE_SYMBOL": "storefront",
        "SITE_URL": "/",
        "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("common/icon.svg")}],
        "LOGIN": {"form": "authentication.admin_login.LimitedAuthenticationForm"},
        "SHOW_HISTORY": True,
        "SHOW_VIEW_ON_SITE": False,
        "DASHBOARD_CALLBACK": "analytics.dashboard.dashboard",
        "COLORS": {"primary": PRIMARY},
        "SIDEBAR": {
            "show_search": True,
            "command_search": True,
            "show_all_applications": False,
            "navigation": "config.navigation.sidebar",
        },
    }
