"""The admin pages of orders and carts: found, read-only, and moved by actions that call the services."""

import pytest
from django.test import Client
from django.urls import reverse

from orders.models import Order
from products.models import Product
from tests.factories.authentication import UserFactory, grant
from tests.factories.orders import CartItemFactory, placed_order
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db

LIST = reverse("admin:orders_order_changelist")


@pytest.fixture
def product() -> Product:
    return ProductFactory.create(stock=10)


@pytest.fixture
def order(product: Product) -> Order:
    return placed_order((product, 2), status="confirmed")


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return client


def _page(order: Order, action: str = "change") -> str:
    return reverse(f"admin:orders_order_{action}", args=[order.id])


@pytest.mark.parametrize("model", ["order", "orderitem", "orderevent", "cart", "cartitem"])
def test_lists_are_read_only_and_search(admin: Client, order: Order, model: str) -> None:
    CartItemFactory.create()

    assert admin.get(reverse(f"admin:orders_{model}_changelist"), {"q": "a"}).status_code == 200
    assert admin.get(reverse(f"admin:orders_{model}_add")).status_code == 403


@pytest.mark.parametrize("text", ["number", "email", "sku"])
def test_an_order_is_found(admin: Client, order: Order, product: Product, text: str) -> None:
    other = placed_order()
    wanted = {"number": order.order_number, "email": order.email, "sku": product.sku}[text]

    page = admin.get(LIST, {"q": wanted}).content.decode()

    assert order.order_number in page
    assert other.order_number not in page


@pytest.mark.parametrize("number", ["abc", "999999999", 30 * "9"])
def test_what_is_no_order_is_not_found(admin: Client, number: str) -> None:
    pages = [reverse("admin:orders_order_change", args=[number]), reverse("admin:orders_order_process", args=[number])]

    assert admin.get(pages[0]).status_code == 302
    assert admin.post(pages[1], {"_form_submitted": "True"}).status_code == 404


def test_the_page_shows_the_order_and_changes_nothing(admin: Client, order: Order) -> None:
    page = admin.get(_page(order)).content.decode()
    refused = admin.post(_page(order), {"status": "shipped", "total": "1.00"})

    assert "Ada Buyer" in page
    assert "Process" in page
    assert refused.status_code == 403
    order.refresh_from_db()
    assert order.status == "confirmed"


def test_actions_move_the_order(admin: Client, order: Order) -> None:
    sent = {"_form_submitted": "True"}

    admin.post(_page(order, "process"), sent)
    without_number = admin.post(_page(order, "ship"), sent)
    order.refresh_from_db()
    assert (without_number.status_code, order.status) == (200, "processing")
    answer = admin.post(_page(order, "ship"), {**sent, "tracking_number": "1Z9"}, headers={"HX-Request": "true"})

    assert answer.headers["HX-Redirect"] == _page(order)
    order.refresh_from_db()
    assert (order.status, order.tracking_number) == ("shipped", "1Z9")


def test_cancelling_many_gives_the_goods_back(admin: Client, order: Order, product: Product) -> None:
    shipped = placed_order((product, 1), status="shipped")
    chosen = {"action": "cancel_selected", "_selected_action": [order.id, shipped.id]}

    page = admin.post(LIST, chosen, follow=True).content.decode()

    assert f"{order.order_number} is now cancelled." in page
    assert f"{shipped.order_number}: An order that is shipped cannot become cancelled." in page
    product.refresh_from_db()
    assert product.stock_quantity == 9


def test_looking_is_not_moving(order: Order) -> None:
    viewer = UserFactory.create(is_staff=True)
    grant(viewer, "orders.view_order")
    client = Client()
    client.force_login(viewer)

    assert client.get(_page(order)).status_code == 200
    assert client.post(_page(order, "process"), {"_form_submitted": "True"}).status_code == 403
    order.refresh_from_db()
    assert order.status == "confirmed"
