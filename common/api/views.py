"""View bases: unknown query parameters refused, idempotency keys honoured, ETags and cache headers set."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from common.api import conditional, idempotent
from common.api.deprecation.declaring import Deprecated
from common.api.deprecation.telling import tell_of_deprecation
from common.api.limits import Limits
from common.api.refusals import Refusal
from common.limits import fields
from common.replicas.marks import Asker
from common.replicas.reading import read

CLAIMING_METHODS = frozenset({"POST", "PATCH"})
READING_METHODS = frozenset({"GET", "HEAD"})


def _wrap(view: APIView, name: str, wrapper: Callable[..., HttpResponse]) -> None:
    if (handler := getattr(view, name, None)) is not None:
        setattr(view, name, lambda request, *args, **kwargs: wrapper(request, handler, *args, **kwargs))


def _read(request: Request, handler: Callable[..., HttpResponse], *args: Any, **kwargs: Any) -> HttpResponse:
    return read(partial(handler, request, *args, **kwargs), Asker(request.META, request.user.pk))


def _wrap_handler(view: "ApiView", method: str) -> None:
    """Have what the view does for the method done once, or on a replica."""
    if view.idempotent and method in CLAIMING_METHODS:
        _wrap(view, method.lower(), idempotent.run_once)
    if view.reads_replica and method in READING_METHODS and settings.DATABASE_REPLICAS:
        _wrap(view, method.lower(), _read)


class ApiView(APIView):
    """The base of every view of the API.

    - `query_params` names the parameters that the view takes beside those of its filters and pages.
    - `idempotent` is False where the view does not honour Idempotency-Key, or claims it itself with an intent.
    - `cache_control` is that of successful reads; `etag` says that they carry a strong ETag of their content.
    - `refusals` and `limits` name, by action or method, what the rules of the shop refuse, and from how often on.
    - `deprecated` names what is to go: a method (`GET`), a parameter of it (`GET ?name`) or a field (`POST .name`).
    - `reads_replica` is True where reads only read, and may be done on a replica that is some seconds behind.
    """

    query_params: ClassVar[Iterable[str]] = ()
    idempotent: ClassVar[bool] = True
    cache_control: ClassVar[str] = "private, no-cache"
    etag: ClassVar[bool] = False
    refusals: ClassVar[Mapping[str, Iterable[Refusal]]] = {}
    limits: ClassVar[Mapping[str, Limits]] = {}
    deprecated: ClassVar[Mapping[str, Deprecated]] = {}
    reads_replica: ClassVar[bool] = False

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        fields.begin()
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if hasattr(self, str(request.method).lower()):  # else the answer is 405
            self._refuse_unknown_parameters(request)
        _wrap_handler(self, str(request.method))

    def check_throttles(self, request: Request) -> None:
        for limit in self.limits.get(str(request.method), ()):
            limit.demand(request)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """What may be sent here: the header Allow says it."""
        return Response(status=204)

    def known_parameters(self) -> set[str]:
        """The query parameters that this request may carry."""
        return set(self.query_params)

    def _refuse_unknown_parameters(self, request: Request) -> None:
        unknown = set(request.query_params) - self.known_parameters()
        if unknown:
            detail = ErrorDetail("This parameter is not known here.", code="unknown_field")
            raise ValidationError({name: [detail] for name in sorted(unknown)})

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in fields.noted().items():
            response[name] = value
        tell_of_deprecation(self.deprecated, request, response)
        if request.method in {"GET", "HEAD"} and response.status_code in {200, 304}:
            response.setdefault("Cache-Control", self.cache_control)
            if self.etag and isinstance(response, Response):
                response.add_post_render_callback(partial(conditional.set_etag, request))
        else:
            response.setdefault("Cache-Control", "no-store")
        return response


class ApiViewSet(ApiView, GenericViewSet[Any]):
    """The base of every viewset; lists take the parameters of their filters and pages."""

    def known_parameters(self) -> set[str]:
        known = super().known_parameters()
        if self.action == "list" or getattr(self, "detail", None) is False:
            known |= set(getattr(self.paginator, "query_params", ()))
            if filterset := getattr(self, "filterset_class", None):
                known |= set(filterset.get_filters())
        return known
