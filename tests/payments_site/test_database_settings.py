"""Two logins of one database, from their URLs."""

from __future__ import annotations

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured

from payments_site.settings import database

LIMITS = "-c lock_timeout=2000 -c statement_timeout=5000 -c idle_in_transaction_session_timeout=10000"


def test_what_the_url_says_of_the_connection_stays_beside_our_limits() -> None:
    url = "postgres://shop@db.example.com/payments?sslmode=require&options=-c%20role%3Dpayments_app"

    options = database._connection(environ.Env.db_url_config(url))["OPTIONS"]

    assert options == {
        "sslmode": "require",
        "connect_timeout": 3,
        "options": f"{LIMITS} -c role=payments_app",
    }


def test_without_an_owner_nobody_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_OWNER_URL", "")

    assert database._owner() == {}


def test_the_owner_may_have_another_login_and_server_and_keeps_our_limits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(database.DATABASES["default"], "NAME", "payments")
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgres://owner:secret@primary:5433/payments")

    owner = database._owner()

    assert owner == {
        "HOST": "primary",
        "PORT": 5433,
        "USER": "owner",
        "PASSWORD": "secret",
        "OPTIONS": {"connect_timeout": 3, "options": LIMITS},
    }


def test_the_owner_of_another_database_is_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgres://owner@primary/elsewhere")

    with pytest.raises(ImproperlyConfigured) as refusal:
        database._owner()

    assert str(refusal.value) == "DATABASE_URL and DATABASE_OWNER_URL must name the same database."
