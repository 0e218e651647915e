"""The real PostgreSQL and Valkey that `make run` and `make test` start from wheels where none are given.

This module holds what both have in common: where they live, whom they run as, and their ports and passwords.
"""

import hashlib
import json
import os
import pwd
import secrets
import socket
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.processes import Account, Program

LOOPBACK = "127.0.0.1"
SYSTEM_FOLDERS = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 - a fixed name below it is checked for its owner
START_ATTEMPTS = 3


class EmbeddedServerError(Exception):
    """A server could not be started; the message is one line that says why and what to do."""


@dataclass(frozen=True)
class Address:
    """The port and password of a server, the same from run to run for as long as the port is free."""

    port: int
    password: str


@dataclass(frozen=True)
class Home:
    """The folder of the servers' programs and data, and the account that owns the data if it is not ours."""

    path: Path
    account: Account | None

    def own_folder(self, name: str) -> Path:
        """A folder in it that only the account may read, made if it is missing."""
        folder = self.path / name
        if not folder.exists():
            folder.mkdir(mode=0o700)
            self.give(folder)
        return folder

    def give(self, path: Path) -> None:
        """Hand a file or folder to the account."""
        if self.account:
            os.chown(path, self.account.uid, self.account.gid)


@dataclass(frozen=True)
class Server:
    """A running server: the program to start again if it dies, its process, and its URL."""

    program: Program
    process: subprocess.Popen[bytes]
    url: str


def unprivileged_account() -> Account | None:
    """Whom servers run as: for root, whom PostgreSQL refuses, one without rights; otherwise ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return Account(65534, 65534)
    return Account(nobody.pw_uid, nobody.pw_gid)


def find_home(data: Path) -> Home:
    """The servers' folder of a checkout: `<data>/servers`, or a link there to a place the account can enter.

    A checkout below a folder that the unprivileged account may not enter (such as /root) keeps them in
    /var/lib/shop-<hash of the checkout's path>.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
    except PermissionError as error:
        raise EmbeddedServerError(f"Cannot make {data}: {error.strerror}.") from None
    if not os.access(data, os.W_OK):
        owner = _name_of(data.stat().st_uid)
        raise EmbeddedServerError(f"{data} belongs to {owner}: run this as {owner}, or remove it.")
    account = unprivileged_account()
    local = data / "servers"
    if account is None or not local.is_symlink():
        local.mkdir(exist_ok=True)
        account = owner_of(local) or account
        if account is None or can_enter(account, local):
            return Home(local, account)
        if any(local.iterdir()):
            raise EmbeddedServerError(f"{local} holds data that {_name_of(account.uid)} can no longer enter.")
        local.rmdir()
    return Home(_outside_home(local), account)


def owner_of(folder: Path) -> Account | None:
    """For root: the ordinary user to whom a folder belongs, if it does."""
    status = folder.stat()
    return Account(status.st_uid, status.st_gid) if os.geteuid() == 0 and status.st_uid else None


def can_enter(account: Account, folder: Path) -> bool:
    """Whether the account can reach the folder; asked of the system, which knows every rule there is."""
    attempt = subprocess.run(
        ["/bin/sh", "-c", 'cd -- "$0"', str(folder)],
        cwd="/",
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return attempt.returncode == 0


def _outside_home(link: Path) -> Path:
    """The folder that the link names, or a new one, with a note in it of the checkout it belongs to.

    A checkout that was moved keeps its data; one that was copied, link and all, gets its own.
    """
    if link.is_symlink():
        target = link.resolve()
        belongs_to = _read_note(target)
        if belongs_to == link or (belongs_to is not None and not belongs_to.is_symlink()):
            (target / "checkout").write_text(f"{link}\n", encoding="utf-8")
            return target
        link.unlink()
    name = f"shop-{hashlib.sha256(os.fsencode(link.parent)).hexdigest()[:12]}"
    parent = next((folder for folder in SYSTEM_FOLDERS if os.access(folder, os.W_OK)), None)
    if parent is None:
        raise EmbeddedServerError(f"No writable folder among {', '.join(map(str, SYSTEM_FOLDERS))}.")
    target = parent / name
    target.mkdir(mode=0o755, exist_ok=True)
    if target.is_symlink() or target.stat().st_uid != os.geteuid():
        raise EmbeddedServerError(f"{target} belongs to another user.")
    target.chmod(0o755)
    (target / "checkout").write_text(f"{link}\n", encoding="utf-8")
    link.symlink_to(target)
    return target


def _read_note(target: Path) -> Path | None:
    try:
        return Path((target / "checkout").read_text(encoding="utf-8").strip())
    except OSError:
        return None


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen on this port now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError:
            return False
    return True


def any_free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def remember_address(home: Home, name: str) -> Address:
    """The server's address of the last run; a new port if that one is taken, a new password only once."""
    known = _read_addresses(home)
    port, password = known.get(name, (0, secrets.token_urlsafe(24)))
    if not port or not is_free(LOOPBACK, port):
        port = any_free_port()
    known[name] = (port, password)
    handle, temporary = tempfile.mkstemp(dir=home.path)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(known, file)
    Path(temporary).replace(home.path / "addresses.json")
    return Address(port, password)


def _read_addresses(home: Home) -> dict[str, tuple[int, str]]:
    try:
        known: dict[str, tuple[int, str]] = json.loads((home.path / "addresses.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return known


def start_on_free_port(start: Callable[[], Server]) -> Server:
    """Start a server; another program may take the port between the look and the start, so try again."""
    for _ in range(START_ATTEMPTS - 1):
        try:
            return start()
        except PortTakenError:
            continue
    return start()


class PortTakenError(EmbeddedServerError):
    """The port was free a moment ago and is not any more."""
