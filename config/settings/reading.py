"""The environment as the settings read it, with a note of each variable: docs/configuration.md is made of these."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from environs import Env

KINDS = frozenset({"str", "int", "float", "bool", "list", "dj_db_url", "dj_email_url"})
_NO_DEFAULT = object()


@dataclass(frozen=True)
class Read:
    """How a variable was read: as what, and what stands for it where it is not set; None where it has to be."""

    kind: str
    default: str | None


# By the names of the variables; of one that is read twice, the last counts, as it does for the settings.
noted: dict[str, Read] = {}


class NotingEnv(Env):
    """environs' reader, which notes what it is asked for."""

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        return _noting(name, found) if name in KINDS else found


def _noting(kind: str, read: Callable[..., Any]) -> Callable[..., Any]:
    def ask(name: str, default: Any = _NO_DEFAULT, **options: Any) -> Any:
        noted[name] = Read(kind, None if default is _NO_DEFAULT else _shown(default, options.get("delimiter", ",")))
        return read(name, **options) if default is _NO_DEFAULT else read(name, default, **options)

    return ask


def _shown(default: Any, delimiter: str) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, list):
        return delimiter.join(map(str, default))
    return str(default)
