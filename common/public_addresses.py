"""Which network addresses belong to the public internet, and which of them a host name stands for."""

import socket
import threading
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings

Address = IPv4Address | IPv6Address

# IANA's special-purpose registries. Python's own `is_private` changes from version to version, so they are spelt out.
_NOT_PUBLIC_V4 = tuple(
    IPv4Network(each)
    for each in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
# Global unicast is all that is public in IPv6. What embeds an IPv4 address (mapped, NAT64, 6to4, Teredo) leads to that
# address behind a check of this one, and is either outside of it or taken out here.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(
    IPv6Network(each) for each in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)


class UnknownHost(Exception):
    """The name stands for no address, or nobody said so in time."""


def is_public(address: Address) -> bool:
    """Whether an address can be one of a machine that is anybody's to reach; those of our own networks never are."""
    if any(address in ip_network(each) for each in settings.REMOTE_FILES_ALSO_FROM):
        return True
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    return address in _GLOBAL_UNICAST and not any(address in network for network in _NOT_PUBLIC_V6)


def resolve(host: str, *, timeout_seconds: float) -> list[Address]:
    """Return the addresses of a host, each once, in the resolver's order; raises UnknownHost.

    The system's resolver cannot be given a time-out, so it is asked in a thread that is left behind when it takes
    too long.
    """
    found: list[Address] = []

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        found.extend(dict.fromkeys(ip_address(answer[4][0]) for answer in answers))

    asking = threading.Thread(target=ask, name=f"resolve {host}", daemon=True)
    asking.start()
    asking.join(timeout_seconds)
    if not found:
        raise UnknownHost(host)
    return list(found)
