"""Compares what two commits make of the same requests: `make bench-compare BASE=commit`.

The other commit is checked out beside this one and measured by this one's benchmark, with the same packages, on data
that its own migrations were given. Rounds alternate, each with servers of its own.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from config.environment import CHECKOUT, DATA
from tests.benchmarks.measuring import Result
from tests.benchmarks.report import comparison

BENCHMARKS = Path("tests/benchmarks")


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Yield a worktree of the commit with this one's benchmarks in it; all of it goes afterwards."""
    folder = DATA / "bench" / "base"
    folder.parent.mkdir(parents=True, exist_ok=True)
    _git("worktree", "prune")
    _git("worktree", "add", "--force", "--detach", str(folder), commit)
    try:
        shutil.rmtree(folder / BENCHMARKS, ignore_errors=True)
        shutil.copytree(CHECKOUT / BENCHMARKS, folder / BENCHMARKS)
        yield folder
    finally:
        for data in (folder / ".data", folder / ".data" / "bench"):
            if (data / "servers").is_symlink():  # to where the servers' account can enter
                shutil.rmtree((data / "servers").resolve(), ignore_errors=True)
        _git("worktree", "remove", "--force", str(folder))


def compare(commit: str, arguments: Sequence[str], *, rounds: int) -> str:
    """Measure both in alternating rounds; the table that compares them."""
    with checked_out(commit) as base:
        own, theirs = (_round(folder, arguments) for folder in (CHECKOUT, base))
        for number in range(1, rounds):
            order = ((own, CHECKOUT), (theirs, base))
            for result, folder in order if number % 2 == 0 else order[::-1]:
                result.add(_round(folder, arguments))
    return comparison(own, theirs)


def _round(folder: Path, arguments: Sequence[str]) -> Result:
    with tempfile.TemporaryDirectory() as scratch:
        told = Path(scratch) / "figures.json"
        subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.shop", *arguments, "--rounds", "1", "--json", str(told)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder)},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        return Result.of_json(json.loads(told.read_text(encoding="utf-8")))


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL)  # noqa: S607


def main() -> None:
    """Print the table; what is not known here goes to the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit")
    parser.add_argument("--rounds", type=int, default=3)
    options, arguments = parser.parse_known_args()
    sys.stdout.write(f"\n{compare(options.commit, arguments, rounds=options.rounds)}\n")


if __name__ == "__main__":
    main()
