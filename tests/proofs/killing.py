"""Kills parts of a shop that `make run` started, and asks whether its books are right."""

import json
import os
import signal
import subprocess
from pathlib import Path

from tests.running.checkouts import Checkout


def _leader(shop: Checkout, name: str) -> int:
    """The process that the supervisor started under the name."""
    rows = json.loads((shop.folder / ".data" / "processes.json").read_text(encoding="utf-8"))
    return int(next(row["pid"] for row in rows if row["name"] == name))


def children_of(parent: int) -> list[int]:
    """The processes that the process started and that still run."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(entry.parent.name))
    return found


def kill_web_worker(shop: Checkout) -> None:
    """Kill a process of the web server."""
    os.kill(max(children_of(_leader(shop, "web"))), signal.SIGKILL)


def kill_celery_worker(shop: Checkout) -> None:
    """Kill the Celery worker with all its processes."""
    os.killpg(_leader(shop, "worker"), signal.SIGKILL)


def stop_postgres_at_once(shop: Checkout) -> None:
    """Stop PostgreSQL without asking anybody."""
    pid_file = shop.folder / ".data" / "servers" / "postgres" / "postmaster.pid"
    os.kill(int(pid_file.read_text(encoding="utf-8").split()[0]), signal.SIGQUIT)


def kill_valkey(shop: Checkout) -> None:
    """Kill Valkey."""
    folder = (shop.folder / ".data" / "servers" / "valkey").resolve()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            is_it = (entry / "cwd").readlink() == folder
        except OSError:
            continue
        if is_it:
            os.kill(int(entry.name), signal.SIGKILL)
            return
    raise AssertionError("no Valkey runs")


def check_integrity(shop: Checkout) -> subprocess.CompletedProcess[str]:
    """Run the command on the shop's database."""
    return subprocess.run(
        [shop.folder / ".venv" / "bin" / "python", "manage.py", "check_integrity"],
        cwd=shop.folder,
        env=shop.variables,
        capture_output=True,
        text=True,
        check=False,
    )
