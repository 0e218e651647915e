"""Asks whether any pinned requirement has a known vulnerability, and never mistakes silence for a no.

Exit codes: 0 where none is known, or where the advisories could not be reached, which is said plainly (with
AUDIT_REQUIRED=1 that is a failure too); 1 where one is known; 2 where the audit itself cannot run.
Arguments are passed on to pip-audit, such as `--ignore-vuln ID` for what does not concern the shop.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PINNED = ("requirements.txt", "requirements-dev.txt")
OPTIONS = ("--format", "json", "--progress-spinner", "off", "--no-deps", "--disable-pip", "--timeout", "15")
LONGEST_SECONDS = 300
# What pip-audit says when it is its source of advisories that fails.
UNREACHABLE = (
    "ConnectionError",
    "Could not connect",
    "timed out",
    "Max retries",
    "ServiceError",
    "HTTPError",
    "upstream",
)


def main(arguments: list[str]) -> int:
    """Audit and say the result; returns the exit code."""
    program = os.environ.get("PIP_AUDIT") or str(Path(sys.executable).with_name("pip-audit"))
    command = [program, *OPTIONS, *(part for name in PINNED for part in ("--requirement", name)), *arguments]
    try:
        audit = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS)
    except FileNotFoundError:
        return _say(2, f"AUDIT FAILED: there is no {program}; run 'make .venv/installed'.")
    except subprocess.TimeoutExpired:
        return _not_audited(f"no answer within {LONGEST_SECONDS} s")
    try:
        dependencies = json.loads(audit.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = (audit.stderr.strip().splitlines() or [f"exit code {audit.returncode}"])[-1]
        if any(sign in audit.stderr for sign in UNREACHABLE):
            return _not_audited(last)
        return _say(2, f"AUDIT FAILED: {last}")
    return _judge(dependencies)


def _judge(dependencies: list[dict[str, Any]]) -> int:
    known = [(each, vulnerability) for each in dependencies for vulnerability in each.get("vulns", [])]
    for each, vulnerability in known:
        fixed = ", ".join(vulnerability.get("fix_versions", [])) or "no version yet"
        print(f"{each['name']} {each['version']}: {vulnerability['id']}, fixed in {fixed}")  # noqa: T201
    if known:
        return _say(1, f"AUDIT: {len(known)} known vulnerabilities.")
    skipped = [each["name"] for each in dependencies if "skip_reason" in each]
    if skipped or not dependencies:
        return _not_audited(f"nothing was said of {len(skipped)} of {len(dependencies)} packages ({skipped[:3]} …)")
    return _say(0, f"AUDIT: no known vulnerability in {len(dependencies)} packages.")


def _not_audited(reason: str) -> int:
    return _say(
        1 if os.environ.get("AUDIT_REQUIRED") == "1" else 0,
        f"NOT AUDITED: the advisories could not be reached: {reason}",
    )


def _say(code: int, line: str) -> int:
    print(line)  # noqa: T201
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
