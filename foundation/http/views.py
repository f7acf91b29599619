"""The base of every API view: authenticate, limit, parse, run once per key, answer in the contract.

A view parses with self.input, calls one operation or query, and answers with self.respond or
self.respond_list:

    class RefundsView(ApiView):
        scope = "payments"

        def post(self, request):
            params = self.input(RefundInput)
            refund = request_refund(merchant_id=self.merchant_id, refund_id=self.reserved_id, …)
            return self.respond(refund_shape(refund))
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.utils.datastructures import MultiValueDict
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from foundation.context import acting, current
from foundation.errors import DomainError
from foundation.http import parsers
from foundation.http.errors import BodyMalformed, MethodNotAllowed, RequestTooLarge
from foundation.http.exceptions import REPEATABLE_STATUSES, response_to
from foundation.http.expanding import EXPANDERS, expand_paths
from foundation.http.openapi import endpoint_of
from foundation.http.pagination import list_page, search_page
from foundation.http.serializers import InputSerializer
from foundation.http.throttling import READS
from foundation.http.versions import in_version
from foundation.idempotency.runner import Answer, Disposition, request_hash, run_idempotent, without_key
from foundation.idempotency.store import Claim, Fingerprint
from foundation.tenancy.requests import ApiRequest

JSON_TYPE = "application/json"
_RENDERER: tuple[BaseRenderer, str] = (JSONRenderer(), JSON_TYPE)


class ApiView(APIView):
    """scope: the resource group a key must have ("payments"); reads need read, other methods write.

    accepts_uploads: multipart/form-data is parsed too, files among the parameters; max_body_bytes bounds a
    body.
    """

    scope: ClassVar[str]
    parameter_names: Mapping[str, str] = {}
    """What operations call a parameter, to what this endpoint's callers call it: {"charge": "id"} for one whose URL
    names the charge."""
    accepts_uploads: ClassVar[bool] = False
    max_body_bytes: ClassVar[int] = settings.MAX_BODY_BYTES
    http_method_names = ["get", "head", "post", "delete"]

    request: ApiRequest
    parameters: parsers.Parameters
    claim: Claim
    _expand: list[str]
    _is_executing: bool

    @property
    def merchant_id(self) -> UUID:
        """The merchant that is acted for: the key's own, or the one named by Stripe-Account."""
        return self.request.merchant_id

    @property
    def livemode(self) -> bool:
        return self.request.merchant.livemode

    @property
    def reserved_id(self) -> UUID:
        """The id to give the object this request creates: the same again when a repeat resumes it."""
        return self.claim.reserved_id

    @property
    def is_resumed(self) -> bool:
        """Whether an earlier request with this key died: the object with reserved_id may be there already."""
        return self.claim.is_resumed

    def input(self, serializer: type[InputSerializer] | None = None) -> dict[str, Any]:
        """Validated parameters. Every method calls it once, first: before it nothing may be written.

        serializer: when not given, the one that @endpoint names for the method.
        Raises a DomainError for the first parameter that is refused; such a refusal is not kept under the
        key.
        """
        parameters = dict(self.parameters)
        self._expand = expand_paths(parameters.pop("expand", []))
        documented = endpoint_of(getattr(self, (self.request.method or "").lower(), None))
        if serializer is None:
            serializer = documented.input if documented else InputSerializer
        if self._expand and self._is_write and documented and isinstance(documented.returns, str):
            EXPANDERS.refuse_unless_expandable(documented.returns, self._expand)
        validated = serializer.parse(parameters)
        self._is_executing = True
        return validated

    def respond(self, shape: dict[str, Any], status: int = 200) -> HttpResponse:
        """The shape as JSON, expanded as asked for and in the version asked for."""
        if not self._is_executing:
            raise RuntimeError(f"{type(self).__qualname__} answers without having called self.input.")
        shape = EXPANDERS.expand(
            shape, self._expand, merchant_id=self.merchant_id, is_strict=not self._is_write
        )
        return json_response(in_version(shape, self._version), status)

    def respond_list(
        self,
        queryset: models.QuerySet[Any],
        params: dict[str, Any],
        *,
        prefix: str,
        to_shape: Callable[[Any], dict[str, Any]] | None = None,
        to_shapes: Callable[[Sequence[Any]], list[dict[str, Any]]] | None = None,
        kind: str = "object",
        cursor_queryset: models.QuerySet[Any] | None = None,
    ) -> HttpResponse:
        """One page of the queryset as Stripe's list (pagination.list_page says what the arguments are)."""
        page = list_page(
            queryset,
            request_params=params,
            url=self.request.path,
            to_shape=to_shape,
            to_shapes=to_shapes,
            prefix=prefix,
            kind=kind,
            cursor_queryset=cursor_queryset,
        )
        return self.respond(page)

    def respond_search(
        self,
        queryset: models.QuerySet[Any],
        params: dict[str, Any],
        *,
        to_shape: Callable[[Any], dict[str, Any]] | None = None,
        to_shapes: Callable[[Sequence[Any]], list[dict[str, Any]]] | None = None,
    ) -> HttpResponse:
        """One page of the queryset as Stripe's search_result."""
        page = search_page(
            queryset, request_params=params, url=self.request.path, to_shape=to_shape, to_shapes=to_shapes
        )
        return self.respond(page)

    # --- From here on: how a request runs
    # ------------------------------------------------------------------------

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """DRF's own, with parameters and idempotency between its checks and the handler."""
        self.args, self.kwargs = args, kwargs
        self._is_executing = False
        self._expand = []
        self.headers = {}
        drf_request = self.initialize_request(request, *args, **kwargs)
        self.request = drf_request
        try:
            handler = self._handler(request)
            self.initial(drf_request, *args, **kwargs)
            with acting(actor=f"api_key:{drf_request.api_key.pk}", merchant_id=self.merchant_id):
                response = self._run(drf_request, handler)
        except Exception as error:
            response = self.handle_exception(error)
        return self._finished(request, response)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> ApiRequest:
        # Without DRF's parsers: parameters are read once, by _read_parameters.
        return ApiRequest(request, authenticators=self.get_authenticators())

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]
        if self._is_executing and isinstance(exc, DomainError) and exc.param is not None:
            # The input serializer already speaks as the caller does; operations speak of their own arguments.
            exc.param = self.parameter_names.get(exc.param, exc.param)
        return response_to(exc)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        return _RENDERER

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # No content negotiation and no version scheme of DRF's: JSON only, Stripe-Version by the middleware.
        request.accepted_renderer, request.accepted_media_type = _RENDERER
        self.perform_authentication(request)
        self.check_permissions(request)
        self.check_throttles(request)

    @property
    def _version(self) -> str:
        return str(getattr(self.request._request, "api_version", settings.API_VERSION))

    @property
    def _is_write(self) -> bool:
        return self.request.method not in READS

    def _handler(self, request: HttpRequest) -> Callable[..., HttpResponse]:
        method = (request.method or "").lower()
        handler = getattr(self, method, None) if method in self.http_method_names else None
        if handler is None:
            raise MethodNotAllowed(
                f"{request.method} is not allowed here; {', '.join(self.allowed_methods)} are."
            )
        return handler  # type: ignore[no-any-return]

    def _run(self, request: Request, handler: Callable[..., HttpResponse]) -> HttpResponse:
        self.parameters = self._read_parameters(request._request)
        key = current().idempotency_key
        if not key or request.method in READS:
            self.claim = without_key()
            return handler(request, *self.args, **self.kwargs)
        return self._run_once(request, key, handler)

    def _run_once(self, request: Request, key: str, handler: Callable[..., HttpResponse]) -> HttpResponse:
        responses: list[HttpResponse] = []

        def execute(claim: Claim) -> Answer:
            self.claim = claim
            try:
                response = handler(request, *self.args, **self.kwargs)
            except Exception as error:
                response = self.handle_exception(error)
            responses.append(response)
            return Answer(response.status_code, response.content, self._disposition(response))

        method, path = request.method or "", request.path
        outcome = run_idempotent(
            Fingerprint(
                merchant_id=self.merchant_id,
                key=key,
                method=method,
                path=path,
                request_hash=request_hash(method, path, self.parameters),
                request_id=current().request_id,
            ),
            execute,
        )
        if not outcome.is_replayed:
            return responses[0]
        replayed = HttpResponse(outcome.answer.body, status=outcome.answer.status, content_type=JSON_TYPE)
        replayed.headers["Idempotent-Replayed"] = "true"
        replayed.headers["Original-Request"] = outcome.original_request_id
        return replayed

    def _disposition(self, response: HttpResponse) -> Disposition:
        if response.status_code in REPEATABLE_STATUSES or response.status_code == 429:
            return Disposition.RELEASE
        return Disposition.STORE if self._is_executing else Disposition.FORGET

    def _read_parameters(self, request: HttpRequest) -> parsers.Parameters:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isascii() or not length.isdigit():
            raise BodyMalformed("The Content-Length is not a number.")
        if int(length) > self.max_body_bytes:
            raise RequestTooLarge(f"The request body is larger than {self.max_body_bytes} bytes.")
        query = parsers.parse_query(request.META.get("QUERY_STRING", ""))
        content_type = request.META.get("CONTENT_TYPE", "")
        if self.accepts_uploads and parsers.split_content_type(content_type)[0] == parsers.MULTIPART:
            return parsers.merge(query, _read_uploads(request))
        return parsers.merge(query, parsers.parse_body(content_type, request.body))

    def _finished(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.follows_contract = True  # type: ignore[attr-defined]
        if response.status_code == 405:
            response.headers["Allow"] = ", ".join(self.allowed_methods)
        if response.status_code == 500 and request.method not in READS:
            # Something may have happened; with a key the answer is kept and a repeat would only replay it.
            response.headers["Stripe-Should-Retry"] = "false"
        if response.status_code == 401:
            response.headers["WWW-Authenticate"] = 'Bearer realm="API"'
        for name, value in getattr(request, "rate_limit_headers", {}).items():
            response.headers[name] = value
        return response


def json_response(shape: Any, status: int = 200) -> HttpResponse:
    """Compact JSON bytes; Decimal as text, as the API writes exact decimals."""
    body = json.dumps(shape, separators=(",", ":"), ensure_ascii=False, default=_plain).encode()
    return HttpResponse(body, status=status, content_type=JSON_TYPE)


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in a response.")


def _read_uploads(request: HttpRequest) -> parsers.Parameters:
    try:
        given: list[MultiValueDict[str, Any]] = [request.POST, request.FILES]
    except MultiPartParserError:
        raise BodyMalformed("The multipart body cannot be read.") from None
    return parsers.parse_upload(
        [(name, value) for part in given for name, values in part.lists() for value in values]
    )
