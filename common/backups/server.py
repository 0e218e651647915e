"""The PostgreSQL server behind the shop, as its own programs and a bare connection see it."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit

import psycopg2
from django.conf import settings
from django.db import connection
from psycopg2 import sql

from common.backups.errors import BackupError

SCRATCH = "_scratch_"
MOST_NAME_CHARACTERS = 63
SCRATCH_SECONDS = 86_400  # a scratch database older than that was left by a run that was killed


@dataclass(frozen=True)
class Database:
    """One database of a server, and who asks."""

    host: str
    port: str
    user: str
    password: str
    name: str

    def named(self, name: str) -> "Database":
        """Another database of the same server."""
        return replace(self, name=name)

    def parameters(self) -> dict[str, Any]:
        """What the driver is given; a part that is not said is left to its defaults."""
        told = {
            "connect_timeout": "10",
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "dbname": self.name,
        }
        return {name: value for name, value in told.items() if value}


def shops_database() -> Database:
    """The shop's own database: by DATABASE_DIRECT_URL where a pooler stands before it."""
    if settings.DATABASE_DIRECT_URL:
        return database_at(settings.DATABASE_DIRECT_URL)
    told = {name: str(connection.settings_dict[name] or "") for name in ("HOST", "PORT", "USER", "PASSWORD", "NAME")}
    return Database(told["HOST"], told["PORT"], told["USER"], told["PASSWORD"], told["NAME"])


def database_at(url: str) -> Database:
    """The database that an address names; raises BackupError where it names none."""
    parts = urlsplit(url)
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in {"postgres", "postgresql"} or not name:
        raise BackupError("The address of a database is postgres://user:password@host:port/name.")
    return Database(
        parts.hostname or "",
        str(parts.port or ""),
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        name,
    )


@contextlib.contextmanager
def connected(database: Database) -> Iterator[Any]:
    """A connection in autocommit, with neither time-outs nor anything else of the shop's; raises BackupError."""
    try:
        opened = psycopg2.connect(**database.parameters())
    except psycopg2.OperationalError as error:
        raise BackupError(f"The database {database.name} does not answer: {_beginning(str(error))}") from error
    try:
        opened.autocommit = True
        with opened.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")
        yield opened
    finally:
        opened.close()


def maintenance(database: Database) -> Database:
    """The database of the server from which others are made, renamed and dropped."""
    return database.named("postgres")


def ask(opened: Any, statement: str | sql.Composable, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """The rows of a statement."""
    with opened.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []


def exists(database: Database) -> bool:
    """Whether the server has it."""
    with connected(maintenance(database)) as opened:
        return bool(ask(opened, "SELECT 1 FROM pg_database WHERE datname = %s", [database.name]))


def create(database: Database) -> None:
    """Make it, empty; raises BackupError."""
    with connected(maintenance(database)) as opened:
        try:
            ask(opened, sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(database.name)))
        except psycopg2.Error as error:
            raise BackupError(f"No database could be made: {_beginning(str(error))}") from error


def drop(database: Database) -> None:
    """Remove it, whoever is connected to it; one that is not there is removed already."""
    with connected(maintenance(database)) as opened:
        ask(opened, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database.name)))


@contextlib.contextmanager
def scratch_beside(database: Database) -> Iterator[Database]:
    """An empty database of a passing name on the same server, removed at the end unless it has got another name."""
    _drop_left_behind(database)
    stem = database.name[: MOST_NAME_CHARACTERS - 30]
    scratch = database.named(f"{stem}{SCRATCH}{int(time.time())}_{uuid.uuid4().hex[:6]}")
    create(scratch)
    try:
        yield scratch
    finally:
        drop(scratch)


def _drop_left_behind(database: Database) -> None:
    stem = database.name[: MOST_NAME_CHARACTERS - 30] + SCRATCH
    with connected(maintenance(database)) as opened:
        rows = ask(opened, "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [stem])
    for (name,) in rows:
        born = name.removeprefix(stem).partition("_")[0]
        if born.isdecimal() and int(born) < time.time() - SCRATCH_SECONDS:
            drop(database.named(name))


def program(name: str) -> str:
    """Where one of PostgreSQL's programs is: in POSTGRES_PROGRAMS, else on the PATH; raises BackupError."""
    found = shutil.which(name, path=settings.POSTGRES_PROGRAMS or None)
    if found is None:
        where = settings.POSTGRES_PROGRAMS or "the PATH"
        raise BackupError(f"{name} is not in {where}: install PostgreSQL's client, or set POSTGRES_PROGRAMS.")
    return found


def start(name: str, *arguments: str, database: Database | None = None, errors: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start one of the programs on a database, its answer as a pipe; the password stands on no command line."""
    return subprocess.Popen(
        [program(name), *arguments],
        env=_environment(name, database),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
    )


def run(name: str, *arguments: str, database: Database | None = None) -> str:
    """Run one of the programs to its end and return what it says; raises BackupError where it fails."""
    with tempfile.TemporaryFile() as errors:
        process = start(name, *arguments, database=database, errors=errors)
        try:
            said, _ = process.communicate()
        finally:
            process.kill()
            process.wait()
        require_success(name, process, errors)
    return said.decode(errors="replace")


def require_success(name: str, process: "subprocess.Popen[bytes]", errors: IO[bytes]) -> None:
    """Raise BackupError with the first thing that an ended program complained of, unless it ended well."""
    if process.wait() != 0:
        errors.seek(0)
        raise BackupError(f"{name} failed: {_first_line(errors.read().decode(errors='replace'))}")


def _environment(name: str, database: Database | None) -> dict[str, str]:
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "HOME": os.environ.get("HOME", "/")}
    libraries = Path(program(name)).parent.parent / "lib"
    if settings.POSTGRES_PROGRAMS and libraries.is_dir():
        environment["LD_LIBRARY_PATH"] = str(libraries)
    if database is not None:
        told = {
            "PGHOST": database.host,
            "PGPORT": database.port,
            "PGUSER": database.user,
            "PGPASSWORD": database.password,
            "PGDATABASE": database.name,
            "PGCONNECT_TIMEOUT": "10",
        }
        environment.update({variable: value for variable, value in told.items() if value})
    return environment


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "it does not say why")


def _beginning(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if lines else "it does not say why"
