"""What views say of limits: which scope an operation has, and who counts whom in it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest
from rest_framework.request import Request

from common.client import client_network
from common.limits import counting, leases
from common.limits.policies import Scope

Caller = Callable[[Request], tuple[object, ...]]


@dataclass(frozen=True)
class Limit:
    """A limit of an operation; without `caller` its service counts, since only that knows for whom."""

    scope: Scope
    caller: Caller | None = None
    is_leased: bool = False  # counted by the thousand, see common.limits.leases

    def demand(self, request: Request) -> None:
        """Count the request; raises RateLimited where it is one too many."""
        if self.caller is None:
            return
        demand = leases.demand if self.is_leased else counting.demand
        demand(self.scope, *self.caller(request))


Limits = tuple[Limit, ...]


def by_address(request: Request | HttpRequest) -> tuple[object, ...]:
    """Each address for itself, whoever is signed in."""
    return "address", client_network(request)


def by_user(request: Request) -> tuple[object, ...]:
    """Each account for itself; a guest, who will be turned away, by address."""
    return ("user", request.user.pk) if request.user.is_authenticated else by_address(request)
