"""Ask the tax service, behind a deadline and a circuit breaker: it is a dependency like any PSP.

What does not live here: keeping the answers (operations/ask_tax.py), and what stands in for one (steps/settle_tax.py).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import structlog
from django.conf import settings

from foundation.http.client import Answer, NoAnswer, Unreachable, send_pinned
from foundation.resilience import breaker
from foundation.resilience.breaker import CallResult, Circuit
from foundation.transactions import outside_transaction
from subscriptions.tax.port import TaxUnavailable
from subscriptions.tax_service.questions import AnswerUnreadable, Question, read_rates

DEADLINE_SECONDS = 5.0
MOST_BYTES = 262_144
MOST_QUESTIONS = 100
CIRCUIT = Circuit("tax_service", "rates")
OK = 200
SERVER_ERRORS = 500
BUSY = 429

logger = structlog.get_logger(__name__)


@outside_transaction
def ask_rates(questions: Sequence[Question]) -> list[list[dict[str, Any]]]:
    """The rates of each question, in order, as they are kept. At most MOST_QUESTIONS at once.

    Raises TaxUnavailable: nobody is configured, the breaker is open, no answer in time, or none that can be read.
    """
    url = settings.TAX_SERVICE_URL
    if not url:
        raise TaxUnavailable("TAX_SERVICE_URL is not set.")
    permit = breaker.ask(CIRCUIT)
    if not permit.allowed:
        raise TaxUnavailable("The circuit of the tax service is open.")
    result = CallResult.FAILED
    try:
        answer = _send(f"{url}/v1/rates", questions)
        result = CallResult.ANSWERED if answer.status < SERVER_ERRORS and answer.status != BUSY else result
        return _read(answer, questions)
    except (Unreachable, NoAnswer) as error:
        result = CallResult.UNANSWERED
        raise TaxUnavailable(str(error)) from error
    finally:
        breaker.record(CIRCUIT, result, permit=permit)


def _send(url: str, questions: Sequence[Question]) -> Answer:
    body = {"questions": [{"id": one.hash, **one.as_dict()} for one in questions[:MOST_QUESTIONS]]}
    return send_pinned(
        "POST",
        url,
        headers={
            "Content-Type": "application/json",
            "Authorization": f"Bearer {settings.TAX_SERVICE_TOKEN}",
        },
        body=json.dumps(body).encode(),
        deadline_seconds=DEADLINE_SECONDS,
        max_answer_bytes=MOST_BYTES,
        # The operator names the host, nobody from outside: it may well be one of the same network.
        allow_private=True,
    )


def _read(answer: Answer, questions: Sequence[Question]) -> list[list[dict[str, Any]]]:
    if answer.status != OK:
        logger.warning("tax_service_refused", code=answer.status)
        raise TaxUnavailable(f"The tax service answered with status {answer.status}.")
    try:
        told = {one["id"]: one["rates"] for one in json.loads(answer.body)["answers"]}
        return [read_rates(told[question.hash]) for question in questions]
    except (AnswerUnreadable, ValueError, KeyError, TypeError) as error:
        raise TaxUnavailable(f"The tax service answered with what can not be read: {error}") from error
