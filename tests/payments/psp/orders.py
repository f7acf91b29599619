"""Orders for the connector, short to write."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from foundation.ids import new_id
from foundation.money import Money
from payments.psp.outcomes import (
    Succeeded,
)
from payments.psp.port import (
    CaptureRequest,
    InquireRequest,
    RefundRequest,
)
from payments.psp.stripe.connector import StripeConnector

connector = StripeConnector()
USD = "usd"


def capture_of(
    held: Succeeded, amount: int, *, before: int = 0, is_final: bool = True, **changes: Any
) -> CaptureRequest:
    return CaptureRequest(
        psp_key=changes.get("psp_key", f"cap_{new_id().hex}"),
        psp_reference=held.psp_reference,
        amount=Money(amount, USD),
        captured_before=Money(before, USD),
        is_final=is_final,
    )


def refund_of(paid: Succeeded, amount: int, **changes: Any) -> RefundRequest:
    request = RefundRequest(
        psp_key=f"re_{new_id().hex}", psp_reference=paid.psp_reference, amount=Money(amount, USD)
    )
    return replace(request, **changes)


def inquiry(kind: str, **given: Any) -> InquireRequest:
    return InquireRequest(**({"kind": kind, "psp_key": "nobody_knows", "amount": Money(10_00, USD)} | given))
