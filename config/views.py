"""Pages of the service itself: where everything is, whether it lives and whether it is ready."""

import ipaddress
import secrets

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import SuspiciousFileOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views import static

from common import health
from common.client import client_address
from common.limits import fields
from common.metrics import exposition


def index(request: HttpRequest) -> HttpResponse:
    """Where everything is, as JSON for programs and as a page for people."""
    places = {
        "api": "/api/v1/",
        "schema": "/api/schema/",
        "docs": "/api/docs/",
        "redoc": "/api/redoc/",
        "admin": "/admin/",
        "health": "/healthz",
        "readiness": "/readyz",
        "metrics": "/metrics",
    }
    if request.accepts("text/html"):
        return render(request, "index.html", {"places": places})
    return JsonResponse(places)


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """Each part with its state; 503 only where the shop cannot sell (no database, migrations missing)."""
    report = health.report()
    return JsonResponse(report, status=200 if report["ready"] else 503)


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' page: for who has METRICS_TOKEN; without one set, for this machine alone. 404 for everybody else."""
    if not _may_see_metrics(request):
        raise Http404
    return HttpResponse(
        exposition.render(), content_type=exposition.CONTENT_TYPE, headers={"Cache-Control": "no-store"}
    )


def _may_see_metrics(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        return secrets.compare_digest(
            request.headers.get("Authorization", "").encode(), f"Bearer {settings.METRICS_TOKEN}".encode()
        )
    try:
        return ipaddress.ip_address(client_address(request)).is_loopback
    except ValueError:
        return False


def admin_login(request: HttpRequest) -> HttpResponseBase:
    """The admin site's page to sign in; 429 after too many attempts (`authentication.admin_login`)."""
    fields.begin()
    response = admin.site.login(request)
    form = (getattr(response, "context_data", None) or {}).get("form")
    if refusal := getattr(form, "refusal", None):
        response.status_code = refusal.status
        response["Retry-After"] = str(refusal.retry_after_seconds)
    for name, value in fields.noted().items():
        response[name] = value
    return response


def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """An uploaded file, where no other server has them; 404 for any name that is none.

    Names tell the content, so whoever has a file need never ask again.
    """
    try:
        response = static.serve(request, path, document_root=str(settings.MEDIA_ROOT))
    except (OSError, SuspiciousFileOperation) as error:
        raise Http404 from error
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
