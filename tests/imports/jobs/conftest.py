"""The cast of jobs: a clerk of the catalogue, colleagues and strangers; uploads, and a worker that is asked to work."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings
from rest_framework.test import APIClient

from authentication.models import User
from common.imports.jobs.working import work_off_one
from tests.conftest import ApiClientFor
from tests.factories.authentication import staff_user

CLERK = (
    *("products.change_product", "products.view_product"),
    *("common.add_importjob", "common.add_exportjob", "common.change_importbatch"),
)
URL = "/api/v1/imports/"
EXPORTS = "/api/v1/exports/"
TWO_GOOD_ONE_BAD = b"sku,name,price\nA,Apple,1.50\nB,Banana,2\nC,Cherry,dear\n"

Upload = Callable[..., Any]


@pytest.fixture(autouse=True)
def private_folder(settings: Settings, tmp_path: Path) -> Path:
    """Where this test's uploads lie."""
    folder = tmp_path / "private"
    settings.PRIVATE_ROOT = folder
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STORAGES = {**settings.STORAGES}  # has Django forget the storage that it made before
    return folder


@pytest.fixture
def clerk(db: None) -> User:
    return staff_user(*CLERK)


@pytest.fixture
def clerk_client(clerk: User, client_for: ApiClientFor) -> APIClient:
    return client_for(clerk)


@pytest.fixture
def colleague_client(db: None, client_for: ApiClientFor) -> APIClient:
    """Somebody with the same permissions, who sees own jobs only."""
    return client_for(staff_user(*CLERK))


@pytest.fixture
def upload(clerk_client: APIClient) -> Upload:
    return lambda content=TWO_GOOD_ONE_BAD, **fields: send(clerk_client, content, **fields)


def send(client: APIClient, content: bytes, *, name: str = "products.csv", key: str = "", **fields: Any) -> Any:
    """Send a file to be imported."""
    body = {"subject": "products", "file": SimpleUploadedFile(name, content), **fields}
    return client.post(URL, body, format="multipart", headers={"Idempotency-Key": key} if key else {})


def work() -> int:
    """Let a worker do all that is due; returns how many steps there were."""
    steps = 0
    while work_off_one():
        steps += 1
    return steps
