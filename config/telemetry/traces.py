"""OpenTelemetry: a span for each request and task, with route, status and statements, and no value that anybody sent.

Told over OTLP (HTTP) to OTEL_EXPORTER_OTLP_ENDPOINT; OpenTelemetry's own variables steer the rest, such as
OTEL_TRACES_SAMPLER. A caller's `traceparent` is gone on with.
"""

from collections.abc import Callable, Iterable
from typing import Any

from celery.signals import task_failure, task_postrun, task_prerun
from django.conf import settings
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from common.metrics.requests import ELSEWHERE, ROUTE
from common.postgresql.statements import tally

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

_propagator = TraceContextTextMapPropagator()
_tasks: dict[str, trace.Span] = {}


def begin(*, processor: SpanProcessor | None = None) -> None:
    """Have spans of this process told; `processor` is for tests, which look at them."""
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: settings.OTEL_SERVICE_NAME}))
    provider.add_span_processor(processor or BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    task_prerun.connect(_task_began)
    task_failure.connect(_task_failed)
    task_postrun.connect(_task_ended)


def traced(application: Application) -> Application:
    """The application with a span around each request."""
    tracer = trace.get_tracer("shop")

    def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        parent = _propagator.extract({"traceparent": environ.get("HTTP_TRACEPARENT", "")})
        count, seconds = tally.count, tally.seconds
        with tracer.start_as_current_span(
            environ["REQUEST_METHOD"], parent, SpanKind.SERVER, record_exception=False
        ) as span:

            def start(status: str, fields: list[tuple[str, str]], *rest: Any) -> Any:
                route = environ.get(ROUTE, ELSEWHERE)
                span.update_name(f"{environ['REQUEST_METHOD']} {route}")
                span.set_attributes(
                    {
                        "http.request.method": environ["REQUEST_METHOD"],
                        "http.route": route,
                        "http.response.status_code": int(status[:3]),
                        "shop.request_id": dict(fields).get("X-Request-ID", ""),
                        "shop.statements": tally.count - count,
                        "shop.statement_seconds": round(tally.seconds - seconds, 6),
                    }
                )
                if status.startswith("5"):
                    span.set_status(Status(StatusCode.ERROR))
                return start_response(status, fields, *rest)

            return application(environ, start)

    return call


def _task_began(task_id: str, task: Any, **_: Any) -> None:
    _tasks[task_id] = trace.get_tracer("shop").start_span(task.name, kind=SpanKind.CONSUMER)


def _task_failed(task_id: str, exception: BaseException, **_: Any) -> None:
    if span := _tasks.get(task_id):
        span.set_status(Status(StatusCode.ERROR, type(exception).__name__))


def _task_ended(task_id: str, **_: Any) -> None:
    if span := _tasks.pop(task_id, None):
        span.end()
