"""Fixtures that every test may use: API clients for a cast of people."""

import os
from collections.abc import Callable, Iterator
from unittest import mock

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from environs import Env
from pytest_django import DjangoDbBlocker, Settings
from rest_framework.test import APIClient

from analytics.services.view_buffer import buffer
from authentication.models import User
from authentication.tokens import AccessToken
from common.limits import leases, process_counters, redis_counters
from config.celery import app
from config.settings.limits import OFF, limits
from payments.gateways import bulkhead
from tests.documented import hold_answers_to_the_document
from tests.emptying import empty_database_quickly, forget_roles, prove_the_books_after
from tests.factories.authentication import UserFactory
from tests.live import LiveShop, running_shop
from tests.schema import copy_schema_from_template

ApiClientFor = Callable[[User], APIClient]
Allow = Callable[..., None]

empty_database_quickly()
hold_answers_to_the_document()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Here no time-out of a test runs yet."""
    if session.items and not session.config.option.collectonly:
        copy_schema_from_template()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Say what is to happen with the rows of a test that commits."""
    prove_the_books_after(item)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """What the whole suite leaves in the database is proved too, by each process that tests.

    The roles that migrations made go before the first test, as after each that commits: a test makes what it needs.
    """
    with django_db_blocker.unblock():
        forget_roles()
    yield
    with django_db_blocker.unblock():
        call_command("check_integrity")
        _end_other_sessions()


def _end_other_sessions() -> None:
    """Web servers keep connections, and may be a moment late to end: the database could not be dropped."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def _gateways_answer() -> None:
    bulkhead.forget()


@pytest.fixture(autouse=True)
def _nothing_was_counted() -> None:
    process_counters.forget_all()
    leases.forget_all()
    redis_counters.breaker.worked()


@pytest.fixture(autouse=True)
def _no_view_waits() -> None:
    buffer.begin_anew()


@pytest.fixture
def tasks_at_once() -> Iterator[None]:
    """What a handler hands to the worker is done on commit, so that no test leaves a task at the broker."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def allow(settings: Settings) -> Allow:
    """Turn limits on: `allow(LOGIN="3/min")`; the others stay off."""

    def turn_on(**rates: str) -> None:
        with mock.patch.dict(os.environ, {f"LIMIT_{scope}": rate for scope, rate in rates.items()}):
            settings.LIMITS = limits(Env(), default=OFF)
        settings.LIMIT_REDIS_TIMEOUT_SECONDS = 2.0  # two cores that test in parallel may be slow to answer

    return turn_on


@pytest.fixture
def guest() -> APIClient:
    return APIClient()


@pytest.fixture
def client_for() -> ApiClientFor:
    """A client that sends a real access token of the user."""

    def make(user: User) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(user)}")
        return client

    return make


@pytest.fixture
def user(db: None) -> User:
    return UserFactory.create()


@pytest.fixture
def user_client(user: User, client_for: ApiClientFor) -> APIClient:
    return client_for(user)


@pytest.fixture
def superuser_client(db: None, client_for: ApiClientFor) -> APIClient:
    return client_for(UserFactory.create(is_staff=True, is_superuser=True, is_staff_member=True))


@pytest.fixture(scope="session")
def web_server(django_db_setup: None) -> Iterator[LiveShop]:
    """The shop's real web server on the test database; it keeps nothing of its own between tests."""
    with running_shop(workers=2) as shop:
        yield shop


@pytest.fixture
def live_shop(web_server: LiveShop, transactional_db: None) -> LiveShop:
    """The shop through real HTTP, for races and faults; what it commits is seen here, and undone after the test."""
    return web_server
