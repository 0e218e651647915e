"""The dashboard's cards: a figure, what it is beside, and the list behind it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse


@dataclass(frozen=True)
class Card:
    """One figure; `trend` says how it moved against what `note` names, `is_bad` that somebody should act."""

    title: str
    value: str
    icon: str
    link: str
    note: str = ""
    trend: str = ""
    is_bad: bool = False


def list_link(model: str, **filters: object) -> str:
    """The admin's list of the model (`app_model`), filtered."""
    address = reverse(f"admin:{model}_changelist")
    return f"{address}?{urlencode(filters)}" if filters else address
