"""What is answered ahead of Django: the same answers, with the same fields, and nothing that is not plainly a read."""

import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import OperationalError, connection
from django.test import override_settings

from authentication.tokens import AccessToken
from config.wsgi import with_length
from products.api import guests
from products.api.guests import forget_learned, guests_first
from products.models import Product
from tests.conftest import ApiClientFor
from tests.factories.authentication import UserFactory, staff_user
from tests.factories.products import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/api/v1/products/"
ONE = "/api/v1/products/boot/"


class Shop:
    """The application as the web server calls it; tells whether Django was asked."""

    def __init__(self) -> None:
        django = with_length(get_wsgi_application())

        def asked(environ: dict[str, Any], start_response: Any) -> Any:
            self.asked_django = True
            return django(environ, start_response)

        self._application = guests_first(asked)

    def get(self, address: str, method: str = "GET", **fields: str) -> tuple[str, dict[str, str], bytes]:
        path, _, query = address.partition("?")
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REMOTE_ADDR": "127.0.0.1",
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "HTTP_HOST": "testserver",
            "wsgi.input": io.BytesIO(),
            "wsgi.url_scheme": "http",
            "CONTENT_LENGTH": "",
            **fields,
        }
        started: list[Any] = []
        self.asked_django = False
        body = self._application(environ, lambda status, sent, *rest: started.append((status, dict(sent))))
        content = b"".join(body)
        if close := getattr(body, "close", None):
            close()
        return started[0][0], started[0][1], content


@pytest.fixture
def shop() -> Iterator[Shop]:
    forget_learned()
    yield Shop()
    forget_learned()


@pytest.fixture(autouse=True)
def boot() -> Product:
    return ProductFactory.create(slug="boot", categories=[CategoryFactory.create(slug="boots")])


@pytest.mark.parametrize("address", [LIST, ONE, f"{LIST}?category=boots", f"{LIST}?ordering=price&page_size=1"])
def test_the_second_answer_is_the_first_one(shop: Shop, address: str) -> None:
    first, asked_first = shop.get(address), shop.asked_django
    again, asked_again = shop.get(address), shop.asked_django

    assert (asked_first, asked_again) == (True, False)
    own = {"X-Request-ID": ""}
    assert (first[0], first[1] | own, first[2]) == (again[0], again[1] | own, again[2])
    assert first[1]["X-Request-ID"] != again[1]["X-Request-ID"]


def test_a_request_id_is_taken_as_everywhere(shop: Shop) -> None:
    shop.get(ONE)
    assert shop.get(ONE, HTTP_X_REQUEST_ID="mine-1")[1]["X-Request-ID"] == "mine-1"
    assert shop.get(ONE, HTTP_X_REQUEST_ID="not mine\r\n")[1]["X-Request-ID"] != "not mine\r\n"


def test_a_change_is_seen(shop: Shop) -> None:
    for address in (LIST, ONE):
        shop.get(address), shop.get(address)
    Product.objects.update(price=Decimal("1.23"))
    for address in (LIST, ONE):
        assert b'"price":"1.23"' in shop.get(address)[2]
        assert not shop.asked_django


def test_what_a_client_has_is_304(shop: Shop) -> None:
    for address in (LIST, ONE):
        etag = shop.get(address)[1]["ETag"]
        status, fields, body = shop.get(address, HTTP_IF_NONE_MATCH=etag)
        assert (status, fields["ETag"], body, shop.asked_django) == ("304 Not Modified", etag, b"", False)
        assert not {"Content-Type", "Content-Length"} & fields.keys()
        assert fields["Cache-Control"].startswith("public")


@pytest.mark.parametrize(
    "fields",
    [
        {"HTTP_ORIGIN": "https://elsewhere.example"},
        {"HTTP_ACCEPT": "text/csv"},
        {"method": "HEAD"},
        {"method": "OPTIONS"},
        {"SCRIPT_NAME": "/shop"},
        {"HTTP_HOST": "other.example"},
        {"SERVER_PORT": "443", "wsgi.url_scheme": "https"},
    ],
    ids="-".join,
)
def test_what_is_not_plainly_a_read_goes_all_the_way(shop: Shop, fields: dict[str, str]) -> None:
    shop.get(ONE), shop.get(ONE)
    shop.get(ONE, **fields)
    assert shop.asked_django


def test_a_bearer_goes_all_the_way_and_teaches_nothing(shop: Shop, client_for: ApiClientFor) -> None:
    for user in (staff_user("products.view_product"), UserFactory.create()):
        bearer = f"Bearer {AccessToken.for_user(user)}"
        for _ in range(2):
            assert shop.get(ONE, HTTP_AUTHORIZATION=bearer)[1]["Cache-Control"] == "private, no-cache"
            assert shop.asked_django
    assert b"cost_price" not in shop.get(ONE)[2]
    assert shop.get(ONE)[1]["Cache-Control"].startswith("public")


def test_a_host_that_is_not_the_shops_is_refused_every_time(shop: Shop) -> None:
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        shop.get(ONE)
        for _ in range(2):
            assert shop.get(ONE, HTTP_HOST="evil.example")[0].startswith("400")


@override_settings(SECURE_SSL_REDIRECT=True, SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"))
def test_plain_http_is_redirected_every_time() -> None:
    forget_learned()
    shop = Shop()  # its middleware reads the settings when it is made
    for _ in range(2):
        assert shop.get(LIST, HTTP_X_FORWARDED_PROTO="https")[0] == "200 OK"
        assert shop.get(LIST, HTTP_X_FORWARDED_PROTO="http")[0].startswith("301")
        assert shop.get(LIST)[0].startswith("301")


def test_errors_are_never_remembered(shop: Shop) -> None:
    shop.get(LIST), shop.get(ONE)
    for _ in range(2):
        assert shop.get(f"{LIST}nothing/")[0].startswith("404")
        assert shop.get(f"{LIST}?nonsense=1")[0].startswith("400")
        assert shop.get(f"{LIST}?page=7")[0].startswith("400")
        assert shop.get(f"{ONE}?nonsense=1")[0].startswith("400")
        assert shop.get(f"{LIST}suggest/?q=bo")[0].startswith("200")


def test_a_product_that_goes_is_gone(shop: Shop) -> None:
    shop.get(LIST), shop.get(ONE)
    Product.objects.update(is_active=False)
    assert shop.get(ONE)[0].startswith("404")
    assert b'"count":0' in shop.get(LIST)[2]


def test_a_failure_of_the_database_is_503(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.get(ONE)

    def fail(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(guests, "answer_one", fail)
    status, fields, body = shop.get(ONE)
    assert (status.split()[0], fields["Retry-After"]) == ("503", "1")
    assert b'"code":"unavailable"' in body


def test_a_moved_category_is_followed(shop: Shop) -> None:
    child = CategoryFactory.create(slug="child")
    ProductFactory.create(categories=[child])
    address = f"{LIST}?category=boots"
    for _ in range(2):
        assert b'"count":1' in shop.get(address)[2]
    child.parent_id = Product.objects.get(slug="boot").categories.get().id
    child.save()
    assert b'"count":2' in shop.get(address)[2]
    assert b'"count":2' in shop.get(address)[2]
    assert not shop.asked_django


def test_a_plan_that_the_server_has_lost_is_made_again(shop: Shop) -> None:
    for _ in range(4):
        shop.get(ONE)
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert shop.get(ONE)[0] == "200 OK"
    assert not shop.asked_django
