"""Debian's PgBouncer before a proof's own PostgreSQL, pooling transactions."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from config import embedded_postgres
from config.embedded import any_free_port
from config.processes import Program, end, spawn, wait_until
from tests.proofs.clusters import Cluster

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
MISSING = "needs PgBouncer (Debian: apt-get install pgbouncer)"

_CONFIGURATION = """\
[databases]
shop = host=127.0.0.1 port={database} dbname=shop

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = plain
auth_file = {users}
admin_users = {user}
pool_mode = transaction
max_client_conn = 500
default_pool_size = {size}
query_wait_timeout = 60
server_login_retry = 1
"""


@dataclass
class Pooler:
    """One that runs, and where it sends whom it lets through."""

    folder: Path
    port: int
    password: str
    size: int

    @property
    def url(self) -> str:
        """By which the shop finds it."""
        return f"postgres://{embedded_postgres.USER}:{self.password}@127.0.0.1:{self.port}/shop"

    def environment(self, direct: str) -> dict[str, str]:
        """The variables of a shop behind it: docs/running.md says why each."""
        return {
            "DATABASE_URL": self.url,
            "DATABASE_DIRECT_URL": direct,
            "DATABASE_SESSION_TIMEOUTS": "false",
            "DATABASE_PREPARED": "false",
        }

    def lead_to(self, cluster: Cluster) -> None:
        """Write the address of the server into its configuration, for the next RELOAD."""
        text = _CONFIGURATION.format(
            database=cluster.address.port,
            port=self.port,
            users=self.folder / "users",
            user=embedded_postgres.USER,
            size=self.size,
        )
        (self.folder / "pgbouncer.ini").write_text(text, encoding="utf-8")

    def tell(self, *commands: str) -> None:
        """Commands of its console, such as PAUSE, which returns once nobody is in a transaction."""
        console = psycopg2.connect(f"{self.url.removesuffix('/shop')}/pgbouncer")
        try:
            console.autocommit = True
            for command in commands:
                with console.cursor() as cursor:
                    cursor.execute(command)
        finally:
            console.close()

    def answers(self) -> bool:
        """Whether a statement gets through."""
        try:
            psycopg2.connect(self.url, connect_timeout=3).close()
        except psycopg2.OperationalError:
            return False
        return True


@contextmanager
def pooling(cluster: Cluster, folder: Path, *, size: int = 8) -> Iterator[Pooler]:
    """It before the cluster, with so many connections to it."""
    assert PROGRAM is not None
    account = cluster.home.account  # it refuses to run as root, as PostgreSQL does
    pooler = Pooler(folder, any_free_port(), cluster.address.password, size)
    (folder / "users").write_text(f'"{embedded_postgres.USER}" "{pooler.password}"\n', encoding="utf-8")
    pooler.lead_to(cluster)
    for each in (folder, *folder.iterdir()):
        cluster.home.give(each)
    program = Program(
        name="pgbouncer",
        arguments=(PROGRAM, "--quiet", str(folder / "pgbouncer.ini")),
        environment={"PATH": os.defpath},
        directory=folder,
        account=account,
    )
    with (cluster.home.path / "pgbouncer.log").open("ab") as log:
        process = spawn(program, output=log)
    try:
        if not wait_until(pooler.answers, 20):
            raise RuntimeError((cluster.home.path / "pgbouncer.log").read_text(encoding="utf-8"))
        yield pooler
    finally:
        end([(program, process)])
