"""Servers for one test run: `python -m config.throw_away` starts them and ends them when its input closes.

They are fast and not durable, their data lives in memory where there is room, and nothing of them
outlasts the process that holds the other end of the pipe, however that one ends.
"""

import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from config import embedded_postgres, embedded_valkey
from config.embedded import EmbeddedServerError, Home, Server, find_home, remember_address, start_on_free_port
from config.environment import DATA
from config.processes import birth_of, end

IN_MEMORY = Path("/dev/shm")  # noqa: S108 - mkdtemp makes the name
ENOUGH_BYTES = 2_000_000_000
PREFIX = "shop-test-"
SERVERS = {
    "DATABASE_URL": ("postgres", embedded_postgres.start),
    "REDIS_URL": ("valkey", embedded_valkey.start),
}


def main() -> int:
    """Start what the arguments name, print the addresses as a line of JSON, and stay until the input ends."""
    for asked in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(asked, signal.SIG_IGN)
    root = IN_MEMORY if _has_room(IN_MEMORY) else Path(tempfile.gettempdir())
    remove_abandoned(root)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
    running: dict[str, Server] = {}
    try:
        home = home_in(folder)
        for variable in sys.argv[1:]:
            running[variable] = start(home, variable)
        programs = {"POSTGRES_PROGRAMS": str(embedded_postgres.unpack(home) / "bin")}
        _answer({variable: server.url for variable, server in running.items()} | programs)
        sys.stdin.read()
    except EmbeddedServerError as error:
        _answer({"error": str(error)})
        return 1
    finally:
        end((server.program, server.process) for server in running.values())
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def start(home: Home, variable: str) -> Server:
    """Start the server whose address this variable holds."""
    name, start_it = SERVERS[variable]
    with (home.path / "log").open("ab") as log:
        return start_on_free_port(lambda: start_it(home, remember_address(home, name), durable=False, log=log))


def _answer(answer: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def home_in(folder: Path) -> Home:
    """A home of its own for the data; the programs are those that the checkout has unpacked."""
    checkout = find_home(DATA)
    folder.chmod(0o711)
    (folder / "owner").write_text(f"{os.getpid()} {birth_of(os.getpid())}", encoding="utf-8")
    for program in (embedded_postgres.unpack(checkout), embedded_valkey.place_program(checkout)):
        (folder / program.name).symlink_to(program)
    return Home(folder, checkout.account)


def _has_room(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free >= ENOUGH_BYTES and os.access(folder, os.W_OK)
    except OSError:
        return False


def remove_abandoned(root: Path) -> None:
    """Remove the data of test runs that were killed together with their keeper."""
    for folder in root.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError, ValueError):
            pid, born = (folder / "owner").read_text(encoding="utf-8").split()
            if birth_of(int(pid)) != born:
                shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
