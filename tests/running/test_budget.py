"""`make proof BUDGET=seconds`: what would begin too late is skipped by name, what has begun counts."""

import subprocess
import sys
from pathlib import Path

import pytest

from config.environment import CHECKOUT


@pytest.mark.parametrize(
    ("budget", "outcome"), [pytest.param("60", "1 passed", marks=pytest.mark.slow), ("0", "1 skipped")]
)
def test_begins_no_test_after_the_time(tmp_path: Path, budget: str, outcome: str) -> None:
    (tmp_path / "test_it.py").write_text("def test_it(): pass")

    said = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-c", "/dev/null", "-p", "no:django", "-p", "no:cacheprovider"),
            *("-p", "tests.budget", "--budget", budget, "-rs", tmp_path),
        ],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout

    assert outcome in said.splitlines()[-1]
    assert ("the time for heavy proofs is spent" in said) == (budget == "0")
