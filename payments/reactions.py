"""What payments does on news from below: of reconciliation, and of the breakers. Registered when the app is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from foundation.clock import from_timestamp
from foundation.events.subscriptions import subscribe
from foundation.ids import decode_id
from foundation.money import Money
from foundation.resilience.breaker import on_change
from foundation.resilience.circuits import Change
from payments.operations.answer_fee_difference import answer_fee_difference
from payments.operations.answer_missing_line import answer_missing_line
from payments.operations.record_breaker_change import record_breaker_change
from payments.operations.record_payout_arrival import record_payout_arrival
from payments.psp.health import forget_recent

if TYPE_CHECKING:
    from foundation.events.models import Event

PAYOUT = "payout"
"""The source of a payout's entries."""


def register_reactions() -> None:
    on_change(forget_recent)
    on_change(on_breaker_change)
    subscribe("reconciliation.missing_at_us", "payments.answer_missing_line", on_missing_line)
    subscribe("reconciliation.fee_differs", "payments.true_up_fee", on_fee_difference)
    subscribe("reconciliation.payout_at_bank", "payments.record_payout_arrival", on_arrival)


def on_breaker_change(change: Change) -> None:
    record_breaker_change(change=change)


def on_missing_line(event: Event) -> None:
    answer_missing_line(merchant_id=event.merchant_id, break_id=event.object_id)


def on_fee_difference(event: Event) -> None:
    told = event.data
    line: dict[str, Any] = told["line"]
    answer_fee_difference(
        merchant_id=event.merchant_id,
        entry_id=decode_id("txn", told["entry"]),
        gross=Money(line["gross"], line["currency"]),
        fee=Money(line["fee"], line["currency"]),
        proof=line["balance_transaction"],
    )


def on_arrival(event: Event) -> None:
    told = event.data
    if told["entry_source_kind"] == PAYOUT and told["entry_source_id"]:
        record_payout_arrival(
            merchant_id=event.merchant_id,
            payout_id=UUID(told["entry_source_id"]),
            arrived_at=from_timestamp(told["arrived"]),
        )
