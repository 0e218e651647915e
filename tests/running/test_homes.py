"""Where the servers' data lives, whom it belongs to, and on which port they answer."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import embedded
from config.embedded import EmbeddedServerError, Home, find_home, is_free, remember_address
from config.processes import Account

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers as somebody else")
needs_user = pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")


@pytest.fixture
def open_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that everybody can enter, with the place where closed checkouts put their data."""
    folder = Path(tempfile.mkdtemp(prefix="shop-running-"))
    folder.chmod(0o755)
    (folder / "system").mkdir()
    monkeypatch.setattr(embedded, "SYSTEM_FOLDERS", (folder / "nowhere", folder / "system"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def closed_checkout(open_folder: Path) -> Path:
    """The data folder of a checkout that only its owner can enter."""
    (open_folder / "closed").mkdir(mode=0o700)
    return open_folder / "closed" / ".data"


def test_data_lives_in_the_checkout(open_folder: Path) -> None:
    home = find_home(open_folder / ".data")

    assert home.path == open_folder / ".data" / "servers"


@needs_root
def test_root_hands_the_data_to_somebody_without_rights(open_folder: Path) -> None:
    folder = find_home(open_folder / ".data").own_folder("valkey")

    assert folder.stat().st_uid not in {0, None}
    assert folder.stat().st_mode & 0o777 == 0o700


@needs_root
def test_checkout_closed_to_that_account_keeps_its_data_elsewhere(closed_checkout: Path, open_folder: Path) -> None:
    home = find_home(closed_checkout)

    assert home.path.parent == open_folder / "system"
    assert (closed_checkout / "servers").resolve() == home.path
    assert find_home(closed_checkout).path == home.path


@needs_root
def test_moved_checkout_keeps_its_data(closed_checkout: Path, open_folder: Path) -> None:
    home = find_home(closed_checkout)
    (open_folder / "closed").rename(open_folder / "moved")
    (open_folder / "moved").chmod(0o700)

    assert find_home(open_folder / "moved" / ".data").path == home.path


@needs_root
def test_copied_checkout_gets_data_of_its_own(closed_checkout: Path, open_folder: Path) -> None:
    home = find_home(closed_checkout)
    shutil.copytree(open_folder / "closed", open_folder / "copy", symlinks=True)
    (open_folder / "copy").chmod(0o700)

    assert find_home(open_folder / "copy" / ".data").path != home.path
    assert find_home(closed_checkout).path == home.path


@needs_root
def test_root_goes_on_as_the_user_who_made_the_data(open_folder: Path) -> None:
    servers = open_folder / ".data" / "servers"
    servers.mkdir(parents=True)
    os.chown(servers, 4321, 4321)

    assert find_home(open_folder / ".data").account == Account(4321, 4321)


@needs_user
def test_folder_of_another_user_is_named(open_folder: Path) -> None:
    with pytest.raises(EmbeddedServerError, match="/etc belongs to root: run this as root, or remove it"):
        find_home(Path("/etc"))


def test_address_stays_the_same_from_run_to_run(home: Home) -> None:
    assert remember_address(home, "postgres") == remember_address(home, "postgres")
    assert remember_address(home, "postgres") != remember_address(home, "valkey")


def test_taken_port_is_left_alone_and_the_password_kept(home: Home) -> None:
    before = remember_address(home, "valkey")
    with socket.create_server(("127.0.0.1", before.port)):
        now = remember_address(home, "valkey")

    assert now.port != before.port
    assert now.password == before.password
    assert is_free("127.0.0.1", now.port)


def test_addresses_are_for_their_owner_alone(home: Home) -> None:
    remember_address(home, "postgres")

    assert (home.path / "addresses.json").stat().st_mode & 0o777 == 0o600
