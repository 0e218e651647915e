"""Every command that a page names exists, with the options that it names."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from config.environment import CHECKOUT

PAGES = [CHECKOUT / "README.md", CHECKOUT / "CHANGELOG.md", *sorted((CHECKOUT / "docs").rglob("*.md"))]
MANAGE = re.compile(r"manage\.py\s+([a-z_]+)([^`\n#|&;]*)")
MAKE = re.compile(r"`make ([a-z][a-z-]*)")
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)")
TARGETS = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))


def commands() -> Iterator[tuple[Path, str, list[str]]]:
    """Page, command and options of each `manage.py …`."""
    for page in PAGES:
        for name, rest in MANAGE.findall(page.read_text()):
            yield page, name, re.findall(r"(?<!\S)\[?(--[a-z-]+)", rest)


def test_pages_name_commands() -> None:
    named = {name for _, name, _ in commands()}

    assert {"backup", "restore", "check_integrity", "migrate", "deprecated_calls"} <= named


def test_every_command_of_manage_exists_with_its_options() -> None:
    known = get_commands()
    missing = []
    for page, name, options in commands():
        if name not in known:
            missing.append(f"{page.name}: manage.py {name}")
            continue
        parser = load_command_class(known[name], name).create_parser("manage.py", name)
        missing += [f"{page.name}: {name} {each}" for each in options if each not in parser._option_string_actions]

    assert missing == []


def test_every_target_of_make_exists() -> None:
    named = {(page.name, target) for page in PAGES for target in MAKE.findall(page.read_text())}

    assert named
    assert [each for each in sorted(named) if each[1] not in TARGETS] == []


@pytest.mark.parametrize("program", ["granian", "celery"])
def test_programs_of_the_install_page_are_those_of_the_image(program: str) -> None:
    (line,) = [
        line
        for line in (CHECKOUT / "docs" / "install.md").read_text().splitlines()
        if line.startswith(f"{program} ") and " beat " not in line
    ]
    arguments = set(shlex.split(line))
    text = (CHECKOUT / ("Dockerfile" if program == "granian" else "docker-compose.yml")).read_text()

    assert [each for each in arguments - {"127.0.0.1"} if each not in text] == []


def test_every_page_that_a_page_leads_to_is_there() -> None:
    lost = [
        f"{page.name}: {target}"
        for page in PAGES
        for target in LINK.findall(page.read_text())
        if not (page.parent / target).exists()
    ]

    assert lost == []
