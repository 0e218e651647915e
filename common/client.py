"""Where a request really comes from, which no header of the client's can change."""

import ipaddress
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request


def client_address(request: Request | HttpRequest) -> str:
    """The client's address: the socket's, or, behind TRUSTED_PROXY_COUNT proxies, what the outermost of them saw."""
    remote = str(request.META.get("REMOTE_ADDR", ""))
    hops = settings.TRUSTED_PROXY_COUNT
    if hops < 1:
        return remote
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    return forwarded[-hops] if len(forwarded) >= hops else remote


def client_network(request: Request | HttpRequest) -> str:
    """Whom limits by address count: the address, of IPv6 the /64, since that is what one customer is given."""
    return _network_of(client_address(request))


@lru_cache(maxsize=10_000)
def _network_of(found: str) -> str:
    try:
        address = ipaddress.ip_address(_without_port(found))
    except ValueError:
        return found
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), 64), strict=False))


def _without_port(address: str) -> str:
    """Some proxies write the port too: `192.0.2.1:443`, `[2001:db8::1]:443`."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address
