"""Fixtures that every test may use: API clients for a cast of people."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from authentication.models import User
from authentication.tokens import AccessToken
from tests.factories.authentication import UserFactory

ApiClientFor = Callable[[User], APIClient]


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    cache.clear()


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
