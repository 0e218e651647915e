"""The release before this one, by `previous-release.toml`; and whether what came since keeps the rules."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from common.schema import rules

FILE = "previous-release.toml"


@dataclass(frozen=True)
class Release:
    """A commit, and the last migration of each application in it."""

    commit: str
    migrations: dict[str, str]


def previous_release() -> Release:
    """What the file says."""
    said = tomllib.loads((Path(settings.BASE_DIR) / FILE).read_text(encoding="utf-8"))
    return Release(said["commit"], said["migrations"])


def breaches_since(release: Release, connection: Any) -> Iterator[str]:
    """Each breach of a rule by a migration that the release did not have, with the migration's name."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    leaves = [(app, name) for app, name in release.migrations.items() if app in loader.migrated_apps]
    known = {node for leaf in leaves for node in loader.graph.forwards_plan(leaf)}
    released = loader.project_state(leaves, at_end=True)
    for node in loader.graph._generate_plan(loader.graph.leaf_nodes(), at_end=True):  # noqa: SLF001 - as migrate does
        if node in known or node[0] not in release.migrations:
            continue
        before = loader.project_state(node, at_end=False)
        for breach in rules.breaches(loader.get_migration(*node), before, released, connection):
            yield f"{node[0]}.{node[1]}: {breach}"
