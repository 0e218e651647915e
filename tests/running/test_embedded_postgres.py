"""The embedded PostgreSQL: durable where it must be, and never stopped by what a crash left."""

import os
import signal
from collections.abc import Iterator

import psycopg2
import pytest

from config import embedded_postgres
from config.embedded import EmbeddedServerError, Home, Server, remember_address
from config.processes import end


class Cluster:
    """Starts servers on one data folder; the test's end ends the last."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.server: Server | None = None

    def start(self, *, durable: bool) -> Server:
        with (self.home.path / "log").open("ab") as log:
            address = remember_address(self.home, "postgres")
            self.server = embedded_postgres.start(self.home, address, durable=durable, log=log)
        return self.server

    def stop(self) -> None:
        if self.server:
            end([(self.server.program, self.server.process)])


@pytest.fixture
def cluster(home: Home) -> Iterator[Cluster]:
    cluster = Cluster(home)
    yield cluster
    cluster.stop()


def ask(server: Server, statement: str) -> object:
    connection = psycopg2.connect(server.url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone() if cursor.description else None
            return row and row[0]
    finally:
        connection.close()


def test_settings_of_a_file_cannot_make_it_less_durable(cluster: Cluster) -> None:
    server = cluster.start(durable=True)
    ask(server, "ALTER SYSTEM SET fsync = off")
    ask(server, "ALTER SYSTEM SET synchronous_commit = off")
    cluster.stop()

    server = cluster.start(durable=True)

    assert ask(server, "SHOW fsync") == "on"
    assert ask(server, "SHOW full_page_writes") == "on"
    assert ask(server, "SHOW synchronous_commit") == "on"
    assert ask(server, "SHOW listen_addresses") == "127.0.0.1"


def test_server_that_is_not_durable_is_found_out(cluster: Cluster) -> None:
    server = cluster.start(durable=False)

    with pytest.raises(EmbeddedServerError, match="PostgreSQL runs with fsync=off; it must be on"):
        embedded_postgres.prove_durable(server.url)


def test_password_is_required(cluster: Cluster) -> None:
    server = cluster.start(durable=False)

    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(server.url.replace("postgres://shop:", "postgres://shop:not-"))


def test_pid_file_with_the_id_of_a_stranger_does_not_stop_the_next_start(cluster: Cluster) -> None:
    server = cluster.start(durable=False)
    ask(server, "CREATE TABLE kept AS SELECT 7 AS value")
    ask(server, "CHECKPOINT")
    pid_file = cluster.home.path / "postgres" / "postmaster.pid"
    _, rest = pid_file.read_text().split("\n", 1)
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    pid_file.write_text(f"{os.getppid()}\n{rest}")

    server = cluster.start(durable=False)

    assert ask(server, "SELECT value FROM kept") == 7


def test_server_that_an_earlier_run_left_is_ended_first(cluster: Cluster) -> None:
    left = cluster.start(durable=False)

    server = cluster.start(durable=False)

    assert left.process.wait(5) == 0
    assert ask(server, "SELECT 1") == 1


def test_interrupted_initdb_is_made_again(cluster: Cluster) -> None:
    half_made = cluster.home.path / "initdb-half" / "data"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")

    server = cluster.start(durable=False)

    assert ask(server, "SHOW server_version_num") >= "180000"  # type: ignore[operator]  # psycopg2 knows no types


def test_queries_may_run_in_parallel(cluster: Cluster) -> None:
    server = cluster.start(durable=False)

    assert ask(server, "SHOW default_text_search_config") == "pg_catalog.english"
    # Forces a parallel worker, which takes over the session's settings and refuses one that is not valid.
    assert ask(server, "SET debug_parallel_query = on; SELECT count(*) FROM pg_class") != 0
