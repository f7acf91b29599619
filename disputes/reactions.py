"""What disputes do on events from below."""

from __future__ import annotations

from uuid import UUID

from disputes import events
from disputes.operations.apply_rules import apply_rules
from disputes.operations.book_settled_fee import book_settled_fee
from disputes.operations.record_dispute_report import record_dispute_report
from disputes.operations.record_fraud_warning import record_fraud_warning
from disputes.operations.refund_warned_charge import refund_warned_charge
from foundation.clock import from_timestamp
from foundation.events.subscriptions import Event, subscribe
from foundation.ids import decode_id
from foundation.money import Money
from payments.events import PSP_DISPUTE_REPORTED, PSP_FRAUD_WARNING_REPORTED
from payments.psp.disputes import DisputeNews, FraudWarningNews

DISPUTE = "dispute"
"""The source of the entries of disputes."""


def register_reactions() -> None:
    subscribe(PSP_DISPUTE_REPORTED, "disputes.record_dispute_report", _record_report)
    subscribe(PSP_FRAUD_WARNING_REPORTED, "disputes.record_fraud_warning", _record_warning)
    subscribe("reconciliation.fee_differs", "disputes.book_settled_fee", _book_fee)
    subscribe(events.DISPUTE_CREATED, "disputes.apply_rules", _apply_rules)
    subscribe(events.FRAUD_WARNING_CREATED, "disputes.refund_warned_charge", _refund_warned)


def _record_report(event: Event) -> None:
    record_dispute_report(
        merchant_id=event.merchant_id, attempt_id=event.object_id, news=DisputeNews.from_json(event.data)
    )


def _record_warning(event: Event) -> None:
    record_fraud_warning(
        merchant_id=event.merchant_id, attempt_id=event.object_id, news=FraudWarningNews.from_json(event.data)
    )


def _book_fee(event: Event) -> None:
    told, line = event.data, event.data["line"]
    if told["entry_source_kind"] != DISPUTE or not told["entry_source_id"]:
        return
    book_settled_fee(
        merchant_id=event.merchant_id,
        dispute_id=UUID(told["entry_source_id"]),
        entry_id=decode_id("txn", told["entry"]),
        gross=Money(line["gross"], line["currency"]),
        fee=Money(line["fee"], line["currency"]),
        at=from_timestamp(line["occurred"]),
    )


def _apply_rules(event: Event) -> None:
    apply_rules(merchant_id=event.merchant_id, dispute_id=event.object_id)


def _refund_warned(event: Event) -> None:
    refund_warned_charge(merchant_id=event.merchant_id, warning_id=event.object_id)
