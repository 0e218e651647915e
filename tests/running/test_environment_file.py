"""The file that tells other terminals where the running servers are."""

import os
import stat
from pathlib import Path

import pytest

from config import environment


def addresses() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.endswith("_URL")}


@pytest.fixture
def environment_file(tmp_path: Path) -> Path:
    return tmp_path / ".data" / "env"


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"DATABASE_URL": "postgres://given"})
    monkeypatch.setattr(environment, "_loaded", set())


def test_fills_in_only_what_the_environment_leaves_open(environment_file: Path) -> None:
    environment.write_environment(environment_file, {"DATABASE_URL": "postgres://file", "REDIS_URL": "redis://file"})

    environment.load_environment(environment_file)

    assert addresses() == {"DATABASE_URL": "postgres://given", "REDIS_URL": "redis://file"}


def test_can_be_forgotten_again(environment_file: Path) -> None:
    environment.write_environment(environment_file, {"REDIS_URL": "redis://file"})
    environment.load_environment(environment_file)

    environment.unload_environment()

    assert addresses() == {"DATABASE_URL": "postgres://given"}


@pytest.mark.parametrize("settings", ["config.settings.production", "config.settings.test"])
def test_is_read_by_the_local_settings_alone(environment_file: Path, settings: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = settings
    environment.write_environment(environment_file, {"SECRET_KEY": "from the file"})

    environment.load_environment(environment_file)

    assert "SECRET_KEY" not in os.environ


def test_missing_file_is_no_error(environment_file: Path) -> None:
    environment.load_environment(environment_file)

    assert addresses() == {"DATABASE_URL": "postgres://given"}


def test_only_its_owner_may_read_it(environment_file: Path) -> None:
    environment_file.parent.mkdir()
    environment_file.touch(mode=0o644)

    environment.write_environment(environment_file, {"SECRET_KEY": "x"})

    assert stat.S_IMODE(environment_file.stat().st_mode) == 0o600


def test_values_may_hold_equals_signs_and_lines_may_be_comments(environment_file: Path) -> None:
    environment_file.parent.mkdir()
    environment_file.write_text("# KEY=comment\n\nKEY = a=b\nnonsense\n", encoding="utf-8")

    assert environment.read_environment(environment_file) == {"KEY": "a=b"}
