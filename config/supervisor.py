"""`make run`: starts the servers where none are given, then web, worker and beat; ends all of it cleanly."""

import contextlib
import fcntl
import os
import pwd
import secrets
import shutil
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit

import psycopg2
import redis

from config import embedded_postgres, embedded_valkey
from config.crew import Crew
from config.embedded import (
    EmbeddedServerError,
    Server,
    find_home,
    is_free,
    owner_of,
    remember_address,
    start_on_free_port,
)
from config.environment import (
    CHECKOUT,
    DATA,
    ENVIRONMENT_FILE,
    LOCAL_SETTINGS,
    read_environment,
    unload_environment,
    write_environment,
)
from config.processes import Ledger, Program
from config.stopping import Stop, StopRequests

ADDRESSES = ("DATABASE_URL", "REDIS_URL", "POSTGRES_PROGRAMS")
SECRETS = ("SECRET_KEY", "JWT_SIGNING_KEY")
QUEUES = "money,mail,default,analytics"
# glibc gives threads up to eight heaps for each processor, and hands next to nothing of them back: 30 MB a web process.
THRIFT = {"MALLOC_ARENA_MAX": "2"}
METRICS = DATA / "metrics"  # what the web processes of this run have counted
READY_SECONDS = 60.0
LOG_BYTES = 20_000_000


class CannotRunError(Exception):
    """`make run` must stop before or while starting; the message is one line for the user."""


@dataclass(frozen=True)
class Listen:
    """Where the web server is to listen."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address to open in a browser on this machine."""
        host = "127.0.0.1" if self.host == "0.0.0.0" else self.host  # noqa: S104 - compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def main() -> int:
    """Run until asked to stop; 0 after a clean end, 1 with one line that says what stands in the way."""
    unload_environment()
    requests = StopRequests()
    requests.listen()
    crew = Crew(say=say, ledger=Ledger(DATA / "processes.json"), obey=requests.obey)
    try:
        listen = read_listen(os.environ)
        become_owner_of_data()
        with claim(DATA, listen):
            try:
                run(crew, listen)
            finally:
                stop(crew, requests)
    except (CannotRunError, EmbeddedServerError) as error:
        if not requests.was_asked:  # Ctrl-C also reaches what we are waiting for, such as initdb
            say("shop", str(error))
            return 1
    except Stop:
        pass
    say("shop", "Stopped; the data stays in .data/ for the next run.")
    return 0


def run(crew: Crew, listen: Listen) -> None:
    """Start everything in order and watch it; leaves only by an exception."""
    crew.ledger.end_leftovers()
    if not is_free(listen.host, listen.port):
        raise CannotRunError(f"Port {listen.port} of {listen.host} is in use; choose another one: make run PORT=8001")
    environment = {**os.environ, **start_servers(crew), "DJANGO_SETTINGS_MODULE": LOCAL_SETTINGS}
    shutil.rmtree(METRICS, ignore_errors=True)
    counting = {"PROMETHEUS_MULTIPROC_DIR": str(METRICS)}
    environment = {**THRIFT, **counting, **environment, "PYTHONUNBUFFERED": "1"}
    status, said = crew.run(command("prepare", [sys.executable, "-m", "config.prepare"], environment))
    if status != 0:
        raise CannotRunError("The database could not be prepared, see above.")
    for name, arguments in services(listen).items():
        crew.start(command(name, arguments, environment))
        if name == "web":  # the first answer comes sooner when nothing else starts beside it
            wait_for_answer(crew, listen)
    announce(listen, logins=[line.strip() for line in said if " / " in line])
    while True:
        crew.tick()


def services(listen: Listen) -> dict[str, list[str]]:
    """The shop's own processes, each with its command line."""
    celery = ["-m", "celery", "--app", "config.celery", "--quiet"]
    return {
        "web": [
            *(sys.executable, "-W", "ignore:No directory at"),  # static files are found where they are
            *("-m", "granian", "--interface", "wsgi", "config.wsgi:application"),
            *("--host", listen.host, "--port", str(listen.port), "--workers", "2", "--blocking-threads", "128"),
            *("--no-ws", "--workers-kill-timeout", "8", "--log-level", "warning"),
            *("--respawn-failed-workers", "--respawn-interval", "0.5"),
        ],
        "worker": [
            *(sys.executable, "-W", "ignore:You're running the worker"),  # as root, for whom runs us as root
            *(*celery, "worker", "--queues", QUEUES, "--concurrency", "2", "--loglevel", "warning"),
            *("--without-mingle", "--without-gossip"),
        ],
        "beat": [
            *(sys.executable, *celery, "beat", "--loglevel", "warning", "--pidfile="),
            *("--schedule", str(DATA / "beat-schedule")),
        ],
    }


def command(name: str, arguments: list[str], environment: Mapping[str, str]) -> Program:
    """One of the shop's own processes."""
    return Program(
        name=name, arguments=tuple(arguments), environment=environment, directory=CHECKOUT, stop_seconds=15.0
    )


def start_servers(crew: Crew) -> dict[str, str]:
    """Start the servers that the environment does not name, and write down all addresses and secrets."""
    remembered = read_environment(ENVIRONMENT_FILE)
    found = {name: os.environ.get(name) or remembered.get(name) or secrets.token_urlsafe(48) for name in SECRETS}
    for name, check, start in (
        ("DATABASE_URL", check_database, _start_postgres),
        ("REDIS_URL", check_redis, _start_valkey),
    ):
        given = os.environ.get(name)
        if given:
            check(given)
        crew.obey()
        found[name] = given or start(crew)
    found["POSTGRES_PROGRAMS"] = os.environ.get("POSTGRES_PROGRAMS") or _postgres_programs()
    write_environment(ENVIRONMENT_FILE, {**remembered, **found})
    return found


def _postgres_programs() -> str:
    """Where the programs of the server that we started are; of another's, nothing is known."""
    return "" if os.environ.get("DATABASE_URL") else str(embedded_postgres.unpack(find_home(DATA)) / "bin")


def _start_postgres(crew: Crew) -> str:
    # It may still be ending, and would keep its port from the next one.
    embedded_postgres.end_earlier_server(embedded_postgres.data_folder(find_home(DATA)))
    return _start(crew, "postgres", embedded_postgres.start)


def _start_valkey(crew: Crew) -> str:
    return _start(crew, "valkey", embedded_valkey.start)


def _start(crew: Crew, name: str, start: Callable[..., Server]) -> str:
    home = find_home(DATA)
    path = DATA / f"{name}.log"
    with path.open("ab") as log:
        if log.tell() > LOG_BYTES:
            log.truncate(0)

        def attempt() -> Server:
            return start(home, remember_address(home, name), durable=True, log=log, obey=crew.obey)

        server = start_on_free_port(attempt)
    crew.adopt(server.program, server.process, path)
    say("shop", f"{name} listens on {urlsplit(server.url).port}, data in {os.path.realpath(home.path / name)}")
    return server.url


def check_database(url: str) -> None:
    """Raise CannotRunError when the database that the environment names does not answer."""
    if urlsplit(url).scheme not in {"postgres", "postgresql"}:
        raise CannotRunError("DATABASE_URL must begin with postgres:// (the shop runs on PostgreSQL only).")
    try:
        psycopg2.connect(url, connect_timeout=5).close()
    except psycopg2.Error as error:
        raise CannotRunError(f"DATABASE_URL: {str(error).strip().splitlines()[0]}") from None


def check_redis(url: str) -> None:
    """Raise CannotRunError when the Redis that the environment names does not answer."""
    try:
        with redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5) as client:
            client.ping()
    except (redis.exceptions.RedisError, ValueError) as error:
        raise CannotRunError(f"REDIS_URL: {error}") from None


def wait_for_answer(crew: Crew, listen: Listen) -> None:
    """Wait for the first good answer, within reason."""
    deadline = time.monotonic() + READY_SECONDS
    while not answers(f"{listen.url}/readyz"):
        crew.tick(0.1)
        if time.monotonic() > deadline:
            say("shop", f"{listen.url}/readyz does not say 200 yet; it says why.")
            return


def announce(listen: Listen, *, logins: list[str]) -> None:
    """Say where everything is, who can log in and how to stop."""
    for line in (
        "",
        f"Shop       {listen.url}/",
        f"Products   {listen.url}/api/v1/products/",
        f"API docs   {listen.url}/api/docs/",
        f"Admin      {listen.url}/admin/",
        *(f"Log in     {login}" for login in logins),
        "manage.py in another terminal finds these servers by itself (.data/env).",
        "Ctrl-C stops all of it; the data stays.",
        "",
    ):
        say("shop", line)


def answers(url: str) -> bool:
    """Whether the address answers with 200 now."""
    try:
        with urllib.request.urlopen(url, timeout=1) as response:  # noqa: S310 - our own http address
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


def stop(crew: Crew, requests: StopRequests) -> None:
    """End everything, those that use the servers first; a second Ctrl-C shortens the wait for these."""
    users = [member.program.name for member in crew.members if member.log is None]
    requests.when_asked_again = lambda: crew.hurry(*users)
    if crew.members:
        say("shop", "Stopping …")
    crew.stop(*users)
    crew.stop("valkey")
    crew.stop("postgres")
    crew.ledger.path.unlink(missing_ok=True)
    remembered = read_environment(ENVIRONMENT_FILE)
    if remembered:
        write_environment(ENVIRONMENT_FILE, {k: v for k, v in remembered.items() if k not in ADDRESSES})


def read_listen(environment: Mapping[str, str]) -> Listen:
    """HOST and PORT of the environment; raises CannotRunError when the port is none."""
    port = environment.get("PORT") or "8000"
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise CannotRunError(f"PORT={port} is no port number (1 to 65535).")
    return Listen(environment.get("HOST") or "127.0.0.1", int(port))


def become_owner_of_data() -> None:
    """As root in a checkout whose data belongs to an ordinary user, go on as that user."""
    owner = owner_of(DATA) if DATA.exists() else None
    if owner:
        with contextlib.suppress(KeyError):
            os.environ["HOME"] = pwd.getpwuid(owner.uid).pw_dir
        os.setgroups([])
        os.setgid(owner.gid)
        os.setuid(owner.uid)


@contextlib.contextmanager
def claim(data: Path, listen: Listen) -> Iterator[None]:
    """Hold the checkout for one run at a time by a lock on its folder, which no crash can leave behind."""
    note = data / "running"
    try:
        data.mkdir(parents=True, exist_ok=True)
        folder = os.open(data, os.O_RDONLY)
        try:
            _lock(folder, note)
            note.write_text(f"{listen.url} (process {os.getpid()})", encoding="utf-8")
            try:
                yield
            finally:
                note.unlink(missing_ok=True)
        finally:
            os.close(folder)
    except PermissionError as error:
        raise CannotRunError(f"Cannot use {error.filename}: {error.strerror}.") from None


def _lock(folder: int, note: Path) -> None:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        where = note.read_text(encoding="utf-8") if note.exists() else "it is just starting or stopping"
        raise CannotRunError(f"This checkout runs already: {where}. Ctrl-C there stops it.") from None


def say(name: str, line: str) -> None:
    """One line for the terminal; without one we still have to end what we started."""
    with contextlib.suppress(OSError):
        sys.stdout.write(f"{name:>8} | {line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
