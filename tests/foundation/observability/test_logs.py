"""Log lines as they leave: allowed fields, no secrets, who and where by themselves."""

from __future__ import annotations

import ast
import io
import json
import logging
import logging.config
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import structlog
from django.conf import settings
from django.db import IntegrityError, transaction

from foundation.context import acting
from foundation.observability.logs import ALLOWED_FIELDS, logging_config
from foundation.tenancy.models import Merchant

MERCHANT = UUID("01890000-0000-7000-8000-000000000001")


class Written:
    """What reached standard error, as parsed lines."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def only(self) -> dict[str, Any]:
        (line,) = self.lines()
        return line


@pytest.fixture
def written() -> Iterator[Written]:
    output = Written()
    config: dict[str, Any] = dict(logging_config("INFO"))
    config["handlers"] = {"stderr": {**config["handlers"]["stderr"], "stream": output.stream}}
    logging.config.dictConfig(config)
    yield output
    logging.config.dictConfig(settings.LOGGING)


log = structlog.get_logger("foundation.test")


def test_a_line_is_json_with_event_level_logger_and_utc_time(written: Written) -> None:
    log.info("refund_settled", psp="stripe", duration_ms=12.5)

    line = written.only()
    assert (line["event"], line["level"], line["logger"]) == ("refund_settled", "info", "foundation.test")
    assert (line["psp"], line["duration_ms"]) == ("stripe", 12.5)
    assert line["timestamp"].endswith("Z")


def test_who_acts_and_in_which_request_come_by_themselves(written: Written) -> None:
    with acting(actor="staff:ada", merchant_id=MERCHANT, request_id="req_1", trace_id="f" * 32):
        log.info("looked")

    line = written.only()
    assert (line["actor"], line["merchant"]) == ("staff:ada", str(MERCHANT))
    assert (line["request_id"], line["trace_id"]) == ("req_1", "f" * 32)


def test_a_field_that_is_not_allowed_is_dropped_and_only_named(written: Written) -> None:
    log.info("created", email="ada@example.com", psp="stripe")

    assert "ada@example.com" not in written.stream.getvalue()
    assert written.only()["dropped_fields"] == ["email"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("card 4242 4242 4242 4242 used", "card [card ending 4242] used"),
        ("key sk_live_51Habc refused", "key sk_live_[hidden] refused"),
        ("secret whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "secret whsec_[hidden]"),
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer [hidden]"),
        ("redis://user:pass@host:6379/0", "redis://[hidden]@host:6379/0"),
        ("nothing to hide 12345", "nothing to hide 12345"),
    ],
)
def test_card_numbers_and_keys_never_leave(written: Written, text: str, shown: str) -> None:
    log.warning("psp_answered", error=text)
    logging.getLogger("some.library").warning("said %s", text)

    own, library = written.lines()
    assert own["error"] == shown
    assert library["event"] == f"said {shown}"


@pytest.mark.django_db
def test_a_database_error_is_logged_without_the_row_it_speaks_of(written: Written) -> None:
    first = Merchant.objects.create(name="Secret Shop", default_currency="usd")

    try:
        with transaction.atomic():
            Merchant.objects.create(id=first.id, name="Again", default_currency="usd")
    except IntegrityError:
        log.exception("insert_failed")

    shown = written.only()["exception"]
    assert "duplicate key value violates unique constraint" in shown
    assert "DETAIL: [hidden]" in shown
    assert str(first.id) not in shown


def test_long_texts_are_cut(written: Written) -> None:
    log.info("answered", error="x" * 5_000)

    assert len(written.only()["error"]) == 2_001


def test_libraries_speak_from_warning_up_and_we_from_the_level_set(written: Written) -> None:
    logging.getLogger("some.library").info("chatter")
    log.debug("detail")
    log.info("fact")

    assert [line["event"] for line in written.lines()] == ["fact"]


CHECKOUT = Path(__file__).resolve().parents[3]
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def test_every_field_that_the_code_logs_is_allowed() -> None:
    dropped = []
    for floor in ("foundation", "ledger", "payments", "disputes", "subscriptions", "payments_site"):
        for file in (CHECKOUT / floor).rglob("*.py"):
            for call in ast.walk(ast.parse(file.read_text())):
                match call:
                    case ast.Call(func=ast.Attribute(value=ast.Name(id="log" | "logger"), attr=level)):
                        names = {keyword.arg for keyword in call.keywords} - {
                            "exc_info",
                            "extra",
                            "stack_info",
                        }
                        if level in LEVELS and names - ALLOWED_FIELDS:
                            dropped.append((str(file), call.lineno, names - ALLOWED_FIELDS))

    assert dropped == []
