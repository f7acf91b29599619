"""/healthz, /readyz and /metrics as machines see them."""

from __future__ import annotations

import os
import socket
import threading
import time
import urllib.error
import urllib.request
from typing import Any

import pytest
from django.test import Client

from foundation.observability import checks
from foundation.observability.serving import serve_metrics
from tests.factories.owner import as_owner


def test_alive_needs_nobody_else(settings: Any) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:9/0"

    response = Client().get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db
def test_ready_names_each_check() -> None:
    response = Client().get("/readyz")

    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "checks": {"database": "ok", "broker": "ok", "migrations": "ok"},
    }


@pytest.mark.django_db
def test_a_dead_broker_makes_it_not_ready_and_tells_nothing_internal(settings: Any) -> None:
    settings.CELERY_BROKER_URL = "redis://:secret@127.0.0.1:9/0"

    response = Client().get("/readyz")

    assert response.status_code == 503
    assert response.json() == {
        "status": "unavailable",
        "checks": {"database": "ok", "broker": "unavailable", "migrations": "ok"},
    }


@pytest.mark.django_db
def test_a_missing_migration_makes_it_not_ready() -> None:
    checks._known_current.clear()
    with as_owner() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'foundation' AND name <> '0001_initial'")

    response = Client().get("/readyz")

    assert response.status_code == 503
    assert response.json()["checks"]["migrations"].endswith("migrations are not applied")


def test_an_unreachable_database_makes_it_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise ConnectionError("host=10.0.0.5 password=hunter2")

    monkeypatch.setitem(checks.CHECKS, "database", refuse)
    monkeypatch.setitem(checks.CHECKS, "migrations", refuse)

    response = Client().get("/readyz")

    assert response.status_code == 503
    assert response.json()["checks"]["database"] == "unavailable"
    assert b"hunter2" not in response.content


@pytest.mark.django_db
def test_metrics_are_for_this_machine() -> None:
    response = Client().get("/metrics")

    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain")
    assert b"payments_http_requests_total" in response.content


@pytest.mark.parametrize(
    "headers",
    [
        {"REMOTE_ADDR": "203.0.113.9"},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
        {"REMOTE_ADDR": "203.0.113.9", "HTTP_AUTHORIZATION": "Bearer "},
        {"REMOTE_ADDR": ""},
    ],
)
def test_metrics_are_hidden_from_everybody_else(settings: Any, headers: dict[str, str]) -> None:
    settings.METRICS_TOKEN = ""

    assert Client().get("/metrics", **headers).status_code == 404  # type: ignore[arg-type]


@pytest.mark.django_db
def test_metrics_open_to_whoever_holds_the_token(settings: Any) -> None:
    settings.METRICS_TOKEN = "scrape-me"
    outside = {"REMOTE_ADDR": "203.0.113.9"}

    right = Client().get("/metrics", HTTP_AUTHORIZATION="Bearer scrape-me", **outside)
    wrong = Client().get("/metrics", HTTP_AUTHORIZATION="Bearer scrape-m", **outside)

    assert (right.status_code, wrong.status_code) == (200, 404)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_machines_only_read(path: str) -> None:
    assert Client().post(path).status_code == 405


def fetch(port: int, path: str) -> int:
    for _ in range(100):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            time.sleep(0.02)
    raise AssertionError("nobody listens")


@pytest.mark.django_db(transaction=True)
def test_the_metrics_port_serves_one_page(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("METRICS_PORT", str(port))

    assert serve_metrics()

    assert fetch(port, "/metrics") == 200
    assert fetch(port, "/admin/") == 404


def test_without_a_port_no_thread_is_started() -> None:
    assert "METRICS_PORT" not in os.environ
    before = threading.active_count()

    assert not serve_metrics()

    assert threading.active_count() == before
