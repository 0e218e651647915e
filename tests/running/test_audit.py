"""make audit: a known vulnerability fails the build, silence of the advisories does not and is said to be silence."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config.environment import CHECKOUT

SOUND = {"name": "django", "version": "5.2.19", "vulns": []}
BAD = {
    "name": "pillow",
    "version": "9.0.0",
    "vulns": [{"id": "PYSEC-2022-1", "fix_versions": ["9.0.1"], "aliases": ["CVE-2022-1"], "description": "x"}],
}
UNFIXED = {"name": "b", "version": "1", "vulns": [{"id": "GHSA-1", "fix_versions": []}, {"id": "GHSA-2"}]}
SKIPPED = {"name": "amqp", "skip_reason": "Dependency not found on PyPI and could not be audited: amqp (5.4.2)"}
AWAY = "ERROR:pip_audit._cli:Could not connect to PyPI's vulnerability feed\n"


def audit(
    folder: Path, *, dependencies: list[Any] | None, said: str = "", code: int = 0, **more: str
) -> tuple[int, str]:
    """Exit code and output where pip-audit says this."""
    output = "" if dependencies is None else json.dumps({"dependencies": dependencies, "fixes": []})
    program = folder / "pip-audit"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nopen({str(folder / 'asked')!r}, 'w').write(' '.join(sys.argv[1:]))\n"
        f"print({output!r})\nsys.stderr.write({said!r})\nsys.exit({code})\n"
    )
    program.chmod(0o755)
    finished = subprocess.run(
        [sys.executable, ".ci/audit.py", "--ignore-vuln", "X"],
        cwd=CHECKOUT,
        env={"PATH": os.defpath, "PIP_AUDIT": str(program), **more},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.stderr == ""
    return finished.returncode, finished.stdout


def test_nothing_known_passes(tmp_path: Path) -> None:
    assert audit(tmp_path, dependencies=[SOUND]) == (0, "AUDIT: no known vulnerability in 1 packages.\n")
    asked = (tmp_path / "asked").read_text()
    assert "--requirement requirements.txt --requirement requirements-dev.txt --ignore-vuln X" in asked


def test_a_known_vulnerability_fails_and_is_named(tmp_path: Path) -> None:
    code, said = audit(tmp_path, dependencies=[SOUND, BAD, SKIPPED, UNFIXED], code=1)

    assert code == 1
    assert said.splitlines() == [
        "pillow 9.0.0: PYSEC-2022-1, fixed in 9.0.1",
        "b 1: GHSA-1, fixed in no version yet",
        "b 1: GHSA-2, fixed in no version yet",
        "AUDIT: 3 known vulnerabilities.",
    ]


@pytest.mark.parametrize(("dependencies", "said"), [(None, AWAY), ([SOUND, SKIPPED], ""), ([SKIPPED], ""), ([], "")])
def test_silence_is_said_to_be_silence(tmp_path: Path, dependencies: list[Any] | None, said: str) -> None:
    code, output = audit(tmp_path, dependencies=dependencies, said=said, code=1 if said else 0)
    required, _ = audit(tmp_path, dependencies=dependencies, said=said, AUDIT_REQUIRED="1")

    assert (code, required) == (0, 1)
    assert output.startswith("NOT AUDITED: the advisories could not be reached: ")


def test_an_audit_that_cannot_run_is_a_failure(tmp_path: Path) -> None:
    said = "pip-audit: error: unrecognized arguments: --nope\n"

    assert audit(tmp_path, dependencies=None, said=said, code=2) == (2, f"AUDIT FAILED: {said}")
    assert audit(tmp_path, dependencies=[SOUND], PIP_AUDIT="/nowhere/pip-audit")[0] == 2


def test_the_real_tool_is_there_and_is_asked_by_the_ci() -> None:
    assert Path(sys.executable).with_name("pip-audit").exists()
    assert "step make audit" in (CHECKOUT / ".ci" / "run").read_text()
