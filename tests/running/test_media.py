"""media/: uploaded files, where the shop serves them itself."""

from pathlib import Path

import pytest
from django.http import Http404
from django.test import RequestFactory
from pytest_django import Settings

from config import views


@pytest.fixture(autouse=True)
def _files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    (settings.MEDIA_ROOT / "boot.webp").write_bytes(b"picture")
    (tmp_path / "secret").write_bytes(b"secret")


def test_a_file_is_served(rf: RequestFactory) -> None:
    served = views.media(rf.get("/"), "boot.webp")

    assert served.getvalue() == b"picture"
    assert served["Content-Type"] == "image/webp"
    assert served["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("path", ["nope", "../secret", "", "a" * 300, "a/" * 3000, "boot.webp/x"])
def test_anything_else_is_not_there(rf: RequestFactory, path: str) -> None:
    with pytest.raises(Http404):
        views.media(rf.get("/"), path)
