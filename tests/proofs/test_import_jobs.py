"""Imports of a running shop: a killed worker is made up for, and staff get through with a browser, scripts or not."""

import json
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config.processes import wait_until
from tests.browser import CHROMIUM, Page, browser
from tests.imports.jobs.multipart import post_file
from tests.proofs.killing import check_integrity, kill_celery_worker, kill_valkey
from tests.running.checkouts import Checkout, copy_checkout

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

ROWS = 20_000
END_SECONDS = 240.0
STAFF = ("staff@example.com", "demo-staff-password")
PHONE, DESKTOP = (390, 844), (1366, 900)


@dataclass
class Shop:
    """A running shop, and somebody of its staff who calls its API."""

    checkout: Checkout
    origin: str

    def call(self, path: str, body: Any = None, **headers: str) -> Any:
        """GET, or POST a body, as JSON."""
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{self.origin}/api/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **headers},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own server
            return json.load(answer)

    def bearer(self) -> dict[str, str]:
        """A fresh token: one lives for minutes only."""
        email, password = STAFF
        return {"Authorization": f"Bearer {self.call('auth/token/', {'email': email, 'password': password})['access']}"}

    def job(self, job_id: int) -> Any:
        """The import as it stands."""
        return self.call(f"imports/{job_id}/", **self.bearer())

    def send(self, content: bytes) -> int:
        """Send a file to be imported at once; returns the job's id."""
        answer = post_file(self.origin, content, confirm="true", **self.bearer())
        assert answer.status == 202, answer
        return int(answer.body["id"])

    def ends(self, job_id: int) -> Any:
        """The import when it is done."""
        deadline = time.monotonic() + END_SECONDS
        while (job := self.job(job_id))["status"] not in {"done", "failed"}:
            assert time.monotonic() < deadline, job
            time.sleep(0.5)
        return job


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """`make run` from a copy of this checkout: durable servers of its own, web, worker and beat."""
    checkout = copy_checkout(None)
    try:
        with checkout.running():
            yield Shop(checkout, f"http://127.0.0.1:{checkout.port}")
    finally:
        checkout.remove()


def products(name: str, count: int = ROWS) -> bytes:
    lines = [f"{name}-{number},{name} {number},{number % 90}.50,{number % 7}" for number in range(1, count + 1)]
    return "\n".join(["sku,name,price,stock_quantity", *lines, ""]).encode()


def test_a_worker_killed_in_the_middle_is_made_up_for(shop: Shop) -> None:
    job_id = shop.send(products("KILLED"))
    assert wait_until(lambda: shop.job(job_id)["progress"]["done"] > 0, 60)
    killed_in = shop.job(job_id)["status"]

    kill_celery_worker(shop.checkout)
    began = time.monotonic()
    job = shop.ends(job_id)

    assert killed_in == "importing"
    assert (job["status"], job["counts"]["created"], job["counts"]["refused"]) == ("done", ROWS, 0)
    assert job["batch"]
    checked = check_integrity(shop.checkout)
    assert (checked.returncode, checked.stdout.strip()) == (0, "The books are right."), checked
    print(f"{ROWS} rows imported {time.monotonic() - began:.1f} s after the worker was killed")  # noqa: T201


def test_a_broker_killed_after_the_upload_loses_nothing(shop: Shop) -> None:
    kill_valkey(shop.checkout)
    job_id = shop.send(products("BROKER", 50))

    job = shop.ends(job_id)

    assert (job["status"], job["counts"]["created"]) == ("done", 50)


def _log_in(page: Page, shop: Shop) -> None:
    page.open(f"{shop.origin}/admin/")
    page.fill("username", STAFF[0])
    page.fill("password", STAFF[1])
    page.click("button[type=submit]", "location.pathname === '/admin/'")


def _fits(page: Page) -> bool:
    """Whether nothing makes the page wider than a desktop's and a telephone's window."""
    overflows = []
    for size in (PHONE, DESKTOP):
        page.resize(*size)
        overflows.append(page.overflows())
    return overflows == [0, 0]


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_staff_import_and_export_with_a_browser(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "browser.csv"
    file.write_bytes(products("BROWSER", 120) + b"BROWSER-X,X,dear,1\n")

    with browser(tmp_path / "profile") as page:
        page.resize(*DESKTOP)
        _log_in(page, shop)
        page.open(f"{shop.origin}/admin/common/importjob/add/")
        assert _fits(page)
        page.choose_file("file", file)
        page.click("form[data-most-bytes] button[type=submit]", "document.querySelector('.jb-badge')")
        page.wait("document.querySelector('.jb-checked')")  # by its own script
        assert _fits(page)
        assert "not a number" in page.text()
        assert "Page 1 of 3" in page.text()
        page.click("form[action$='confirm/'] button", "document.querySelector('.jb-badge')")
        page.wait("document.querySelector('.jb-done')")
        assert _fits(page)
        assert "Changes and undo" in page.text()
        page.open(f"{shop.origin}/admin/common/exportjob/add/")
        page.click("form.jb-form button[type=submit]", "document.querySelector('.jb-badge')")
        page.wait("document.querySelector('.jb-done')")
        assert "Download products-" in page.text()
        assert _fits(page)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_without_scripts_the_page_reloads_by_itself(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "plain.csv"
    file.write_bytes(products("PLAIN", 3))

    with browser(tmp_path / "profile") as page:
        _log_in(page, shop)
        page.call("Emulation.setScriptExecutionDisabled", value=True)  # of the page, not of what the test asks
        page.open(f"{shop.origin}/admin/common/importjob/add/")
        page.choose_file("file", file)
        page.click("form[data-most-bytes] button[type=submit]", "document.querySelector('.jb-badge')")
        page.wait("document.querySelector('.jb-checked')")
