"""The dashboard and reports in a real browser: clicked through on a desk and on a telephone, in light and in dark."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone

from analytics import days
from analytics.services import aggregates
from common.models import Backup
from orders.models import Order
from tests.browser import CHROMIUM, Page, browser
from tests.factories.analytics import paid_order
from tests.factories.authentication import UserFactory
from tests.factories.orders import CartFactory, CartItemFactory
from tests.factories.payments import PaymentFactory
from tests.factories.products import CategoryFactory, ImageFactory, ProductFactory
from tests.live import LiveShop, running_shop

pytestmark = [
    pytest.mark.slow,
    pytest.mark.bare_rows,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]

WIDTHS = {"desk": (1366, 900), "telephone": (390, 844)}
REPORT = "/admin/analytics/salesaggregate/report/"
# The contrast of every text of the reports with what is behind it, by WCAG 2.2; the least of them.
LEAST_CONTRAST = """(() => {
    const rgba = color => { const c = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
        c.fillStyle = color; c.fillRect(0, 0, 1, 1); return [...c.getImageData(0, 0, 1, 1).data]; };
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
        .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
    const behind = node => { const above = [];
        for (let at = node; at; at = at.parentElement) {
            const color = rgba(getComputedStyle(at).backgroundColor);
            above.push(color);
            if (color[3] === 255) break;
        }
        return above.reverse().reduce((under, [r, g, b, a]) =>
            [r, g, b].map((v, i) => v * a / 255 + under[i] * (1 - a / 255)), [255, 255, 255]); };
    let least = [21, ""];
    for (const node of document.querySelectorAll(".an *")) {
        const text = [...node.childNodes].filter(each => each.nodeType === 3).map(each => each.data.trim()).join("");
        const passed = node.closest("svg, .an-quiet, option, .material-symbols-outlined");
        if (!text || passed || !node.checkVisibility()) continue;
        const [one, other] = [light(rgba(getComputedStyle(node).color)), light(behind(node))];
        const ratio = (Math.max(one, other) + .05) / (Math.min(one, other) + .05);
        if (ratio < least[0]) least = [ratio, text];
    }
    return least;
})()"""


@pytest.fixture
def shop(transactional_db: None) -> Iterator[LiveShop]:
    with running_shop(application="tests.proofs.pages_wsgi:application", workers=1) as running:
        yield running


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with browser(tmp_path / "profile") as tab:
        yield tab


def a_past() -> None:
    """Two months of sales, and something of everything that the dashboard tells of."""
    now = timezone.now()
    names = ("Linen shirt", "A lamp with a name that is much too long for the narrow column of a telephone", "Mug")
    shelf = CategoryFactory.create(name="Everything")
    goods = [
        ProductFactory.create(
            name=name, price=Decimal("48.50") * (place + 1), cost_price=Decimal(20), stock=4, categories=[shelf]
        )
        for place, name in enumerate(names)
    ]
    ImageFactory.create(product=goods[0])
    for day in range(0, 60, 2):
        order = paid_order((goods[day % 3], 1 + day % 4), at=now - timedelta(days=day))
        facts = {"coupon_code": ("", "SPRING")[day % 4 // 2], "email": f"{day % 5}@example.com", "user": None}
        Order.objects.filter(id=order.id).update(status="confirmed", **facts)
    PaymentFactory.create(status="unknown", amount=Decimal("48.50"))
    Backup.objects.create(name="a", place="/backups", taken_at=now - timedelta(hours=3), bytes=1, sha256="")
    left = CartFactory.create()
    CartItemFactory.create(cart=left, product=goods[1], quantity=2)
    type(left).objects.filter(id=left.id).update(updated_at=now - timedelta(days=2))
    list(aggregates.rebuild(first=days.today() - timedelta(days=61), last=days.today()))


def log_in(page: Page, shop: LiveShop) -> None:
    UserFactory.create(
        email="staff@example.com", password="a-good-password", is_staff=True, is_superuser=True, is_staff_member=True
    )
    page.open(f"{shop.origin}/admin/login/?next=/admin/")
    page.fill("username", "staff@example.com")
    page.fill("password", "a-good-password")
    page.click("form [type=submit]", "location.pathname === '/admin/'")


def look(page: Page, picture: Path) -> None:
    """Keep a picture in light and one in dark; nothing may stick out, and every text be readable."""
    for theme in ("light", "dark"):
        page.run(f"document.documentElement.classList.toggle('dark', {str(theme == 'dark').lower()})")
        page.wait("true")
        assert page.overflows() == 0, page.run("location.href")
        ratio, text = page.run(LEAST_CONTRAST)
        page.screenshot(picture.with_name(f"{picture.name}-{theme}.png"))
        assert ratio >= 4.5, f"{text} in {theme}: {ratio:.2f}"


def test_dashboard_and_reports_are_clicked_through(shop: LiveShop, page: Page, tmp_path: Path) -> None:
    a_past()
    log_in(page, shop)
    for place, (width, height) in WIDTHS.items():
        page.resize(width, height)
        page.open(f"{shop.origin}/admin/")
        page.wait("window.Alpine")
        assert page.run("document.querySelectorAll('.an-bar').length") == 30
        page.run("document.querySelector('.an-picture img').scrollIntoView()")
        page.wait("document.querySelector('.an-picture img').naturalWidth > 0")
        page.run("scrollTo(0, 0)")
        look(page, tmp_path / f"dashboard-{place}")
        page.click(".an-behind summary", "document.querySelector('.an-behind[open] tbody tr')")
        assert page.run("document.querySelectorAll('.an-behind tbody tr').length") == 30

        page.click(".an-head a[href*='report/?']", f"location.pathname === '{REPORT}'")
        page.fill("group_by", "week")
        page.click(".an-form [type=submit]", "location.search.includes('group_by=week')")
        assert "Week of" in page.text()
        look(page, tmp_path / f"sales-{place}")

        page.click(".an-tabs a[href*='top-coupons']", f"location.pathname === '{REPORT}top-coupons/'")
        page.click(".an-name", f"location.pathname === '{REPORT}'")
        assert page.run("document.querySelector('[name=coupon]').value") == "SPRING"

        for name in ("customers", "top-products", "stock-cover", "dead-stock", "abandoned-carts"):
            page.click(f".an-tabs a[href*='{name}']", f"location.pathname === '{REPORT}{name}/'")
            look(page, tmp_path / f"{name}-{place}")
        fetched = page.run(
            "fetch(document.querySelector('#csv').href).then(answer => answer.text()).then(text => text.split(',')[0])"
        )
        assert fetched == "cart"
    assert page.complaints == []
