"""What tests of backups share: what is in a database, and databases of a passing name."""

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from common.backups import server
from common.backups.server import Database


def fingerprint(database: Database, *, without: Collection[str] = ()) -> str:
    """What is in a database: a hash of every row of every table, and how far the sequences are."""
    told = hashlib.sha256()
    with server.connected(database) as opened:
        tables = server.ask(opened, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        for (table,) in tables:
            if table not in without:
                rows = server.ask(opened, f"SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM \"{table}\" t")
                told.update(f"{table} {rows[0][0]}".encode())
        told.update(str(server.ask(opened, "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1")).encode())
    return told.hexdigest()


def url_of(database: Database) -> str:
    return f"postgres://{database.user}:{database.password}@{database.host}:{database.port}/{database.name}"


def databases() -> set[str]:
    """The names of the server's databases that are this test process's own."""
    own = server.shops_database()
    with server.connected(server.maintenance(own)) as opened:
        names = {name for (name,) in server.ask(opened, "SELECT datname FROM pg_database")}
    return {name for name in names if name == own.name or name.startswith(f"{own.name}_")}


@contextmanager
def passing(name: str) -> Iterator[Database]:
    """A name for a database beside the test's own; whatever has it, or was there before, goes."""
    own = server.shops_database()
    wanted = own.named(f"{own.name[:30]}_{name}")
    try:
        yield wanted
    finally:
        for found in databases():
            if found.startswith(wanted.name):
                server.drop(own.named(found))
