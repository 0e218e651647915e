"""Copies of the checkout in which `make run` is really run, as root or as an ordinary user."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError

from config.embedded import any_free_port
from config.environment import CHECKOUT, read_environment
from config.processes import Account, wait_until

READY_SECONDS = 180.0
ENV = "/usr/bin/env"  # finds programs in PATH


class Checkout:
    """A copy below a folder that only its owner may enter, with an empty home."""

    def __init__(self, folder: Path, account: Account | None) -> None:
        self.folder = folder / "shop"
        self.home = folder / "home"
        self.account = account
        self.port = any_free_port()
        self.log = folder / "log"
        self.variables = {"PATH": os.environ["PATH"], "HOME": str(self.home)}

    @property
    def environment(self) -> dict[str, str]:
        """What `.data/env` says now."""
        return read_environment(self.folder / ".data" / "env")

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
        """`make …` at a terminal of its own, its output in the log."""
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [ENV, "make", *arguments],
                cwd=self.folder,
                env={**self.variables, **variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self.account.uid if self.account else None,
                group=self.account.gid if self.account else None,
                extra_groups=[] if self.account else None,
            )

    @contextlib.contextmanager
    def running(self, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
        """`make run` up to its first good answer; Ctrl-C at the end, which must leave no process."""
        process = self.start("run", f"PORT={self.port}", **variables)
        try:
            ready = wait_until(lambda: self.is_ready() or process.poll() is not None, READY_SECONDS)
            assert ready, self.log.read_text()
            assert process.poll() is None, self.log.read_text()
            yield process
        finally:
            interrupt(process)
        assert self.processes() == [], self.log.read_text()

    def is_ready(self) -> bool:
        """Whether /readyz answers 200."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as response:
                return bool(response.status == 200)
        except (URLError, OSError):
            return False

    def get(self, path: str) -> Any:
        """The JSON at this path of the running shop."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as response:
            return json.load(response)

    def processes(self) -> list[str]:
        """Command lines of all that run in this checkout or on its data."""
        places = {str(self.folder), str((self.folder / ".data" / "servers").resolve())}
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (entry / "cmdline").read_text().replace("\0", " ")
                about = f"{command} {(entry / 'cwd').readlink()}"
                if any(place in about for place in places):
                    found.append(command)
        return found

    def remove(self) -> None:
        """Remove it with its data, wherever that is."""
        shutil.rmtree((self.folder / ".data" / "servers").resolve(), ignore_errors=True)
        shutil.rmtree(self.folder.parent)


def interrupt(process: subprocess.Popen[bytes]) -> int:
    """Ctrl-C: the terminal sends SIGINT to the whole foreground group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    return process.wait(60)


def copy_checkout(account: Account | None) -> Checkout:
    """All files that git knows or would take, and an environment in which the account can run them."""
    parent = Path(tempfile.mkdtemp(prefix="shop-checkout-"))
    checkout = Checkout(parent, account)
    names = subprocess.run(
        [ENV, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, names.split("\0")):
        if (CHECKOUT / name).is_file():
            (checkout.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, checkout.folder / name)
    checkout.home.mkdir()
    if account is None:
        (checkout.folder / ".venv").symlink_to(CHECKOUT / ".venv")
    else:
        _copy_virtual_environment(checkout, account)
        for path in (parent, *parent.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
    return checkout


def _copy_virtual_environment(checkout: Checkout, account: Account) -> None:
    """The interpreter and the packages of this test run may be closed to the account: it gets its own."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    base = checkout.folder.parent / "python"
    (base / "bin").mkdir(parents=True)
    shutil.copy2(Path(sys.executable).resolve(), base / "bin" / version)
    unneeded = shutil.ignore_patterns("site-packages", "test", "__pycache__", "config-*")
    shutil.copytree(sysconfig.get_path("stdlib"), base / "lib" / version, ignore=unneeded)
    for library in Path(sysconfig.get_config_var("LIBDIR")).glob(f"lib{version}.so*"):
        shutil.copy2(library, base / "lib")
    checkout.variables["LD_LIBRARY_PATH"] = str(base / "lib")
    target = checkout.folder / ".venv"
    make: list[str | Path] = [base / "bin" / version, "-m", "venv", "--without-pip", target]
    subprocess.run(make, env=checkout.variables, check=True)
    shutil.copytree(sysconfig.get_path("purelib"), target / "lib" / version / "site-packages", dirs_exist_ok=True)
    (target / "installed").touch()
