"""Pages under their Content-Security-Policy in a real browser: they work, and nothing is complained of."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import CHROMIUM, Page, browser
from tests.factories.authentication import UserFactory
from tests.factories.products import CategoryFactory, ProductFactory
from tests.live import LiveShop, running_shop

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]

DESKTOP = (1366, 900)
PAGES = (
    "analytics/salesaggregate/report/",
    "authentication/user/",
    "common/importjob/add/",
    "orders/coupon/add/",
    "orders/order/",
    "products/product/",
    "products/product/add/",
)
# As a person types it; React hears of nothing less.
SEARCH = """(() => {
    const field = document.querySelector("[role=search] input");
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, "checkout");
    field.dispatchEvent(new Event("input", {bubbles: true}));
})()"""
INJECTED = """(() => {
    const script = document.createElement("script");
    script.textContent = "window.hacked = true";
    document.body.append(script);
    const picture = document.createElement("div");
    picture.innerHTML = "<img src='data:,' onerror='window.hacked = true'>";
    document.body.append(picture);
})()"""


@pytest.fixture
def shop(transactional_db: None) -> Iterator[LiveShop]:
    with running_shop(application="tests.proofs.pages_wsgi:application", workers=1) as running:
        yield running


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with browser(tmp_path / "profile") as tab:
        tab.resize(*DESKTOP)
        yield tab


def log_in(page: Page, shop: LiveShop) -> None:
    UserFactory.create(
        email="staff@example.com", password="a-good-password", is_staff=True, is_superuser=True, is_staff_member=True
    )
    page.open(f"{shop.origin}/admin/login/?next=/admin/")
    page.fill("username", "staff@example.com")
    page.fill("password", "a-good-password")
    page.click("form [type=submit]", "location.pathname === '/admin/'")


def test_swagger_ui_shows_and_calls_the_api(shop: LiveShop, page: Page, tmp_path: Path) -> None:
    page.open(f"{shop.origin}/api/docs/")
    # Of so many operations the page holds those in view alone.
    page.wait("(window.scrollBy(0, 300), document.querySelector('[id$=-categories_list]'))")

    page.click("[id$=-categories_list] .opblock-summary-control", "document.querySelector('.try-out__btn')")
    page.click(".try-out__btn", "document.querySelector('.execute')")
    page.click(".execute", "document.querySelector('.live-responses-table tbody .response-col_status')")

    assert (
        page.run("document.querySelector('.live-responses-table tbody .response-col_status').innerText").strip()
        == "200"
    )
    assert page.complaints == []


def test_redoc_shows_and_searches(shop: LiveShop, page: Page, tmp_path: Path) -> None:
    page.open(f"{shop.origin}/api/redoc/")
    page.wait("document.querySelectorAll('[data-section-id]').length > 50", seconds=60)
    page.run(SEARCH)
    page.wait("document.querySelectorAll('[role=search] li').length > 0")

    # Redoc's own text names a picture of another host, which its policy keeps from being loaded.
    assert [each for each in page.complaints if "https://cdn.redoc.ly/redoc/logo-mini.svg" not in each] == []
    assert len(page.complaints) <= 1


def test_the_admin_works(shop: LiveShop, page: Page, tmp_path: Path) -> None:
    product = ProductFactory.create(name="Boot")
    product.categories.add(CategoryFactory.create(name="Shoes"))
    log_in(page, shop)
    for number, address in enumerate(("", *PAGES, f"products/product/{product.pk}/change/")):
        page.open(f"{shop.origin}/admin/{address}")
        page.wait("window.Alpine")
        page.screenshot(tmp_path / f"admin-{number}.png")

    page.run("document.querySelector('[name=name]').value = 'Boot of leather'")
    page.click("button[name=_save]", "location.pathname === '/admin/products/product/'")
    assert "Boot of leather" in page.text()
    product.refresh_from_db()
    assert product.name == "Boot of leather"
    assert page.complaints == []


def test_pages_of_the_service_have_their_style(shop: LiveShop, page: Page) -> None:
    for address in ("/", "/api/problems/invalid/"):
        page.open(f"{shop.origin}{address}")
        assert page.run("getComputedStyle(document.body).maxWidth") == "672px"
    assert page.complaints == []


def test_a_script_that_got_into_a_page_does_not_run(shop: LiveShop, page: Page) -> None:
    for address in ("/admin/login/", "/api/docs/", "/api/redoc/", "/"):
        page.open(f"{shop.origin}{address}")
        page.run(INJECTED)
        page.run("new Promise(done => setTimeout(done, 300))")
        assert page.run("window.hacked === undefined"), address
    assert len([each for each in page.complaints if "Content Security Policy" in each]) >= 8
