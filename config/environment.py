"""Where the checkout keeps its local state, and the file that tells other terminals of the servers."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
DATA = CHECKOUT / ".data"
ENVIRONMENT_FILE = DATA / "env"
LOCAL_SETTINGS = "config.settings.local"

_loaded: set[str] = set()


def load_environment(path: Path = ENVIRONMENT_FILE) -> None:
    """Take what `make run` wrote into the file for every variable that the environment does not set itself.

    Only the local settings read it: a production process must refuse to start when a secret is missing, and a
    test must never reach the servers of the running shop.
    """
    if os.environ.get("DJANGO_SETTINGS_MODULE", LOCAL_SETTINGS) != LOCAL_SETTINGS:
        return
    for name, value in read_environment(path).items():
        if name not in os.environ:
            os.environ[name] = value
            _loaded.add(name)


def prefer_direct_database() -> None:
    """Have this process ask PostgreSQL itself where DATABASE_URL names a pooler before it.

    Commands are few and long: migrations, imports and streams may keep things in their session, such as a lock.
    """
    if direct := os.environ.get("DATABASE_DIRECT_URL"):
        os.environ["DATABASE_URL"] = direct


def unload_environment() -> None:
    """Leave in the environment only what this process was started with, for who must decide anew."""
    while _loaded:
        os.environ.pop(_loaded.pop(), None)


def read_environment(path: Path) -> dict[str, str]:
    """The file's KEY=VALUE lines; no file, or one that this user may not read, is an empty environment."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return {}
    pairs = (line.partition("=") for line in lines if not line.lstrip().startswith("#"))
    return {name.strip(): value.strip() for name, equals, value in pairs if equals and name.strip()}


def write_environment(path: Path, values: Mapping[str, str]) -> None:
    """Replace the file in one step; it holds secrets, so only its owner may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".env-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())
    Path(temporary).replace(path)
