"""A home for embedded servers that lives as long as one test."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded import Home
from config.throw_away import home_in


@pytest.fixture
def home() -> Iterator[Home]:
    """Not below pytest's own folder, which is closed to the account that the servers run as."""
    folder = Path(tempfile.mkdtemp(prefix="shop-running-"))
    yield home_in(folder)
    shutil.rmtree(folder)
