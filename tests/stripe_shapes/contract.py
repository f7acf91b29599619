"""What every answer under /v1 keeps, whoever asked: Stripe's shapes, the error contract, the headers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from foundation.errors import DomainError
from tests.stripe_shapes import answer_errors

STATUS_OF_STRIPE = {
    "card_error": {402},
    "idempotency_error": {400, 409},
    "api_error": {500, 503},
    "invalid_request_error": {400, 401, 403, 404, 405, 409, 415, 429},
}


def assert_in_contract(status: int, headers: Mapping[str, str], body: bytes) -> Any:
    """The parsed body. headers: names as HTTP writes them."""
    request_id = headers["Request-Id"]
    assert request_id.startswith("req_")
    assert headers["Content-Type"] == "application/json"
    assert headers["Stripe-Version"] in ("2026-10-28.endive", "2026-09-30.dahlia")
    answer = json.loads(body)
    findings = answer_errors(answer)
    assert findings == [], findings
    if status >= 400:
        assert set(answer) == {"error"}
        _assert_refusal(status, answer["error"], request_id if not headers.get("Idempotent-Replayed") else "")
    return answer


def _assert_refusal(status: int, error: dict[str, Any], request_id: str) -> None:
    registered = DomainError.registry[error["code"]]
    assert (status, error["type"]) == (registered.http_status, registered.error_type)
    assert status in STATUS_OF_STRIPE[error["type"]]
    assert error["doc_url"].endswith(f"/docs/errors/{error['code']}")
    assert error["message"]
    assert error["request_id"] == (request_id or error["request_id"])
