"""docs/configuration.md, made from the settings: `python -m config.settings_table` (`make settings-table`).

The settings are loaded as a shop in production, a shop on S3 and `make run` load them; each notes what it reads.
"""

import json
import os
import subprocess
import sys

from config.environment import CHECKOUT
from config.settings.reading import Read
from config.variables import OUTSIDE, VARIABLES

PAGE = CHECKOUT / "docs" / "configuration.md"
HEAD = """# Every setting

Made by `make settings-table` from the settings and `config/variables.py`; do not edit it here.

Settings are environment variables, read once when a process starts; a value that makes no sense refuses to start.
Booleans are `true` or `false`; lists are split by commas unless it says otherwise. Under `make run` they may stand in
`.data/env` too, for `docker-compose.yml` in `.env`.
"""
_ENOUGH = {
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "ALLOWED_HOSTS": "shop.example",
    "SECRET_KEY": "only-to-read-the-settings",
    "JWT_SIGNING_KEY": "only-to-read-the-settings",
    "PATH": os.defpath,
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
}
# Later ones add what only they read.
_SHOPS = (
    _ENOUGH,
    {**_ENOUGH, "MEDIA_STORAGE": "s3", "S3_BUCKET": "pictures"},
    {**_ENOUGH, "DJANGO_SETTINGS_MODULE": "config.settings.test"},
)
_LOCAL = {**_ENOUGH, "DJANGO_SETTINGS_MODULE": "config.settings.local"}
_PROGRAM = """
import json
from dataclasses import astuple
from django.conf import settings
settings.DEBUG
from config.settings.reading import noted
print(json.dumps({name: astuple(read) for name, read in noted.items()}))
"""
_KINDS = {"str": "text", "int": "number", "float": "number", "bool": "boolean", "list": "list"}


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    return 0


def page() -> str:
    """The page as the code has it now."""
    read, local = everything_read(), _read_by(_LOCAL)
    lines = [HEAD]
    for group, variables in VARIABLES.items():
        lines += [f"## {group}", "", "| variable | kind | default | |", "| --- | --- | --- | --- |"]
        lines += [_row(name, meaning, read.get(name), local.get(name)) for name, meaning in variables.items()]
        lines.append("")
    return "\n".join(lines)


def everything_read() -> dict[str, Read]:
    """Every variable that any settings read."""
    found: dict[str, Read] = {}
    for environment in _SHOPS:
        found = _read_by(environment) | found
    return found


def _read_by(environment: dict[str, str]) -> dict[str, Read]:
    said = subprocess.run(
        [sys.executable, "-c", _PROGRAM], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True
    )
    return {name: Read(*values) for name, values in json.loads(said.stdout).items()}


def _row(name: str, meaning: str, read: Read | None, local: Read | None) -> str:
    default, kind = OUTSIDE.get(name), "text"
    if default is None and read is not None:
        kind = _KINDS.get(read.kind, "address")
        default = _default(read)
        if local is not None and local.default != read.default:
            default += f"; under `make run` {_default(local)}"
    return f"| `{name}` | {kind} | {default} | {meaning} |"


def _default(read: Read) -> str:
    if read.default is None:
        return "none: required"
    shown = read.default.replace(str(CHECKOUT) + os.sep, "")
    return f"`{shown}`" if shown else "none"


if __name__ == "__main__":
    sys.exit(main())
