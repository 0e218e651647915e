"""A report that takes too long ends, with an answer, and leaves the connection as it was."""

import pytest
from django.db import connection
from rest_framework.test import APIClient

from analytics.reports import limits


@pytest.mark.django_db(transaction=True)
def test_slow_report_is_503(analyst: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(range_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")

    monkeypatch.setattr("analytics.api.views.figures_of", sleep)
    monkeypatch.setattr(limits, "LONGEST_STATEMENT_SECONDS", 0.2)

    response = analyst.get("/api/v1/analytics/summary/")

    assert response.status_code == 503
    assert response.json()["code"] == "unavailable"
    assert response["Retry-After"] == "1"
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)
