"""/healthz: the process is alive. /readyz: it can do its work. /metrics: numbers for Prometheus.

Ten lines of our own rather than django-health-check's view: that one is asynchronous, answers HTML by default
and 500 where a load balancer expects 503.
"""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from foundation.observability.checks import run_checks
from foundation.observability.metrics import render_metrics


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 whenever the process answers; asks nobody else, so that a database outage restarts nothing."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when database, broker and migrations are in order, else 503; each check by name."""
    verdicts = run_checks()
    is_ready = all(verdict == "ok" for verdict in verdicts.values())
    return JsonResponse(
        {"status": "ok" if is_ready else "unavailable", "checks": verdicts}, status=200 if is_ready else 503
    )


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format, for this machine or whoever holds METRICS_TOKEN; anybody else sees a 404."""
    if not _may_read_metrics(request):
        raise Http404
    return HttpResponse(render_metrics(), content_type=CONTENT_TYPE_LATEST)


def _may_read_metrics(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    # Behind a proxy everybody comes from loopback: a forwarded request is not from this machine.
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
