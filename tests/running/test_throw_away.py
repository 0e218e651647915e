"""The servers of a test run: they go when the run goes, however it goes, and leave nothing."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from config import throw_away
from config.environment import CHECKOUT
from config.processes import birth_of, wait_until

# Stands for a test run: starts the keeper with a pipe to it, tells its id and what it said, and hangs.
RUN = """
import subprocess, sys, time
keeper = subprocess.Popen(
    [sys.executable, "-m", "config.throw_away", "REDIS_URL"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
)
print(keeper.pid, keeper.stdout.readline().decode(), end="", flush=True)
time.sleep(60)
"""


@pytest.fixture
def run() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", RUN],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"},
    )
    yield process
    process.kill()
    process.communicate()


def folders_of(keeper: int) -> list[Path]:
    roots = (throw_away.IN_MEMORY, Path(tempfile.gettempdir()))
    owners = [owner for root in roots for owner in root.glob(f"{throw_away.PREFIX}*/owner")]
    return [owner.parent for owner in owners if owner.read_text().startswith(f"{keeper} ")]


def answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url) as client:
            return bool(client.ping())
    except redis.exceptions.ConnectionError:
        return False


def test_killed_test_run_leaves_no_server_and_no_data(run: subprocess.Popen[str]) -> None:
    assert run.stdout is not None
    keeper, said = run.stdout.readline().split(" ", 1)
    url = json.loads(said)["REDIS_URL"]
    assert answers(url)
    assert len(folders_of(int(keeper))) == 1

    run.kill()

    assert wait_until(lambda: birth_of(int(keeper)) is None, 10)
    assert not answers(url)
    assert folders_of(int(keeper)) == []


def test_data_whose_keeper_was_killed_too_goes_at_the_next_start(tmp_path: Path) -> None:
    for name, owner in {"gone": "1 0", "alive": f"{os.getpid()} {birth_of(os.getpid())}"}.items():
        (tmp_path / f"{throw_away.PREFIX}{name}").mkdir()
        (tmp_path / f"{throw_away.PREFIX}{name}" / "owner").write_text(owner)
    (tmp_path / f"{throw_away.PREFIX}starting").mkdir()

    throw_away.remove_abandoned(tmp_path)

    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["shop-test-alive", "shop-test-starting"]
