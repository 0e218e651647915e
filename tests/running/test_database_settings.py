"""Where the shop's databases are, as the environment tells it."""

import os

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import get_resolver
from environs import Env
from environs.exceptions import EnvError

from config.environment import prefer_direct_database
from config.settings.databases import databases, max_lag_seconds


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://shop:one@primary:5432/shop")
    for name in ("DATABASE_REPLICA_URLS", "DATABASE_SESSION_TIMEOUTS", "DATABASE_DIRECT_URL"):
        monkeypatch.delenv(name, raising=False)


def test_is_one_without_replicas() -> None:
    assert list(databases(Env())) == ["default"]


def test_replicas_are_reached_as_the_primary_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "DATABASE_REPLICA_URLS", "postgres://shop:a@r1/shop, postgres://shop:b@r2:6432/shop?sslmode=require"
    )

    found = databases(Env())

    assert list(found) == ["default", "replica_1", "replica_2"]
    assert [(each["HOST"], each["PASSWORD"]) for each in found.values()] == [
        ("primary", "one"),
        ("r1", "a"),
        ("r2", "b"),
    ]
    assert {each["ENGINE"] for each in found.values()} == {"common.postgresql"}
    assert found["replica_2"]["OPTIONS"] == {**found["default"]["OPTIONS"], "sslmode": "require"}
    assert "lock_timeout=10s" in found["replica_1"]["OPTIONS"]["options"]


def test_a_pooler_gets_no_options_of_a_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_SESSION_TIMEOUTS", "false")

    assert "options" not in databases(Env())["default"]["OPTIONS"]


@pytest.mark.parametrize("url", ["replica:5432", "mysql://shop@r1/shop", "postgres://shop@r1/"])
def test_refuses_what_is_no_replica(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_REPLICA_URLS", f"postgres://shop:a@r1/shop,{url}")

    with pytest.raises(ImproperlyConfigured, match="DATABASE_REPLICA_URLS: number 2 is not an address"):
        databases(Env())


@pytest.mark.parametrize("seconds", ["0", "301", "soon"])
def test_refuses_a_lag_that_marks_would_not_outlast(monkeypatch: pytest.MonkeyPatch, seconds: str) -> None:
    monkeypatch.setenv("DATABASE_REPLICA_MAX_LAG_SECONDS", seconds)

    with pytest.raises(EnvError, match="DATABASE_REPLICA_MAX_LAG_SECONDS"):
        max_lag_seconds(Env())


def test_commands_ask_past_the_pooler(monkeypatch: pytest.MonkeyPatch) -> None:
    prefer_direct_database()
    assert os.environ["DATABASE_URL"].endswith("@primary:5432/shop")

    monkeypatch.setenv("DATABASE_DIRECT_URL", "postgres://shop:one@itself:5432/shop")
    prefer_direct_database()
    assert os.environ["DATABASE_URL"].endswith("@itself:5432/shop")


# Everything else is read on the primary; what is added here must do nothing but read, and may be of some seconds ago.
READ_ON_REPLICAS = {
    *(
        "CategoryViewSet",
        "CategoryTreeViewSet",
        "FacetViewSet",
        "SuggestionViewSet",
        "ProductViewSet",
        "RelatedViewSet",
    ),
    *("ProductReviewViewSet", "SummaryView", "SalesView", "CustomersView", "ProductViewsView"),
    *("TopProductsView", "WorstProductsView", "TopCategoriesView", "TopCouponsView", "TopCountriesView"),
    *("AbandonedCartsView", "StockCoverView", "DeadStockView"),
}


def test_only_the_catalogue_and_reports_are_read_on_replicas() -> None:
    views = {view for pattern in get_resolver().url_patterns for view in _views(pattern)}

    assert {view.__name__ for view in views if getattr(view, "reads_replica", False)} == READ_ON_REPLICAS


def _views(pattern: object) -> list[type]:
    inner = getattr(pattern, "url_patterns", None)
    if inner is not None:
        return [view for each in inner for view in _views(each)]
    callback = getattr(pattern, "callback", None)
    return [found for name in ("cls", "view_class") if (found := getattr(callback, name, None))]
