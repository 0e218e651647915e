"""Sentry and OpenTelemetry: loaded only where asked for, and telling nothing that names a person or a secret."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

from config import telemetry
from config.environment import CHECKOUT
from config.telemetry import errors

CARD = "4111 1111 1111 1111"
LOADED = """
import json, sys
import config.wsgi
print(json.dumps(sorted({"sentry_sdk", "opentelemetry.exporter"} & set(sys.modules))))  # redis loads the rest
"""
# A request that fails on a bug, told to a transport that keeps what would be sent.
FAILING = """
import io, json
from config.wsgi import application
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from sentry_sdk.transport import Transport
from config import urls
from config.telemetry import errors

class Kept(Transport):
    sent = []
    def capture_envelope(self, envelope):
        self.sent += [item.payload.json for item in envelope.items]

@csrf_exempt
def fail(request):
    local = "local" + "-secret"
    raise RuntimeError("card 4111 1111 1111 1111 and password=hunter2")

urls.urlpatterns.append(path("fail/", fail))
errors.begin(transport=Kept)
body = b'{"password": "body-secret"}'
list(application({
    "REQUEST_METHOD": "POST", "PATH_INFO": "/fail/", "QUERY_STRING": "token=query-secret",
    "SERVER_NAME": "shop.example",
    "SERVER_PORT": "80", "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)),
    "CONTENT_TYPE": "application/json", "HTTP_HOST": "shop.example", "HTTP_X_CART_TOKEN": "header-secret",
    "HTTP_AUTHORIZATION": "Basic header-secret", "HTTP_COOKIE": "a=cookie-secret", "REMOTE_ADDR": "192.0.2.7",
}, lambda *_: None))
print(json.dumps(Kept.sent, default=str))
"""
TRACED = """
import io, json
import django
django.setup()
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from config.telemetry import traces

kept = InMemorySpanExporter()
traces.begin(processor=SimpleSpanProcessor(kept))
from config.celery import app
from config.wsgi import application

def call(path, **more):
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "SERVER_NAME": "localhost", "SERVER_PORT": "80",
               "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "QUERY_STRING": "token=secret", **more}
    list(application(environ, lambda *_: None))

call("/healthz", HTTP_TRACEPARENT="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", HTTP_X_REQUEST_ID="abc")
call("/nowhere/ada@example.com/")
app.conf.task_always_eager = True

@app.task(name="shop.fails")
def fails():
    raise ValueError("secret")

fails.delay()
print(json.dumps([[s.name, dict(s.attributes), s.status.status_code.name, s.status.description,
                   f"{s.parent.trace_id:032x}" if s.parent else None] for s in kept.get_finished_spans()]))
"""


def run(program: str, **environment: str) -> Any:
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=CHECKOUT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout.splitlines()[-1])


def test_neither_is_loaded_unless_asked_for() -> None:
    assert run(LOADED) == []


def test_an_error_leaves_without_what_was_sent() -> None:
    sent = run(FAILING, SENTRY_DSN="http://key@127.0.0.1:1/1")

    (event,) = [each for each in sent if "exception" in each]
    assert event["exception"]["values"][-1]["value"] == "card [hidden] and password=[hidden]"
    assert event["request"] == {"method": "POST", "url": "http://shop.example/fail/"}
    assert event["tags"]["origin"] == "POST fail/"
    assert event["tags"]["request_id"]
    told = json.dumps(sent).replace("card 4111 1111 1111 1111 and password=hunter2", "")  # the line of the source
    secrets = ("local-secret", "query-secret", "body-secret", "header-secret", "cookie-secret")
    assert [secret for secret in (*secrets, "4111", "hunter2", "192.0.2.7") if secret in told] == []


def test_requests_and_tasks_are_told_by_route_and_name() -> None:
    spans = run(TRACED, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1")

    alive, nowhere, task = spans
    assert alive[0] == "GET healthz"
    assert alive[1]["http.response.status_code"] == 200
    assert alive[1]["shop.request_id"] == "abc"
    assert alive[1]["shop.statements"] == 0
    assert alive[4] == "0af7651916cd43dd8448eb211c80319c"
    assert (nowhere[0], nowhere[1]["http.response.status_code"]) == ("GET elsewhere", 404)
    assert (task[0], task[2], task[3]) == ("shop.fails", "ERROR", "ValueError")
    assert "secret" not in json.dumps(spans)
    assert "ada@" not in json.dumps(spans)


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ({"message": f"paid with {CARD}"}, {"message": "paid with [hidden]"}),
        ({"extra": {"password": "x", "deep": [{"a": {"b": {"c": {"d": CARD}}}}]}}, None),
        ({"user": {"email": "ada@example.com"}, "level": "error"}, {"level": "error"}),
        ({"request": {"url": "https://shop.example/a?token=x", "data": "x", "headers": {}}}, None),
    ],
)
def test_events_are_cleaned(value: dict[str, Any], left: dict[str, Any] | None) -> None:
    told = errors.cleaned(value)

    assert CARD not in json.dumps(told)
    assert "ada@" not in json.dumps(told)
    assert "token=x" not in json.dumps(told)
    if left is not None:
        assert {name: part for name, part in told.items() if name != "tags"} == left


def test_statements_are_no_crumbs() -> None:
    assert errors.cleaned_crumb({"category": "query", "message": "SELECT 1"}) is None
    assert errors.cleaned_crumb({"category": "log", "data": {"secret": "x"}}) == {
        "category": "log",
        "data": {"secret": "[hidden]"},
    }


def test_what_is_asked_for_and_not_installed_is_one_clear_line(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SENTRY_DSN = "http://key@127.0.0.1:1/1"
    monkeypatch.setitem(telemetry.TOOLS, "SENTRY_DSN", "not_installed")

    with pytest.raises(ImproperlyConfigured, match="SENTRY_DSN needs not_installed: pip install -r requirements"):
        telemetry.begin()
