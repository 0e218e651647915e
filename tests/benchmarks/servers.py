"""A PostgreSQL for benchmarks: the embedded one, durable as in production, on an empty folder of its own."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config import embedded_postgres
from config.embedded import remember_address, start_on_free_port
from config.processes import end
from config.throw_away import PREFIX, home_in


@contextmanager
def durable_postgres() -> Iterator[str]:
    """Yield the address of a server with fsync, full_page_writes and synchronous_commit on; it ends with its data."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    running = []
    try:
        home = home_in(folder)
        with (folder / "log").open("ab") as log:
            running.append(
                start_on_free_port(
                    lambda: embedded_postgres.start(home, remember_address(home, "postgres"), durable=True, log=log)
                )
            )
        yield running[0].url
    finally:
        end((server.program, server.process) for server in running)
        shutil.rmtree(folder, ignore_errors=True)
