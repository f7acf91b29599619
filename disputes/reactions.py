"""What disputes do on events from below."""

from __future__ import annotations

from disputes import events
from disputes.operations.apply_rules import apply_rules
from disputes.operations.record_dispute_report import record_dispute_report
from disputes.operations.record_fraud_warning import record_fraud_warning
from disputes.operations.refund_warned_charge import refund_warned_charge
from foundation.events.subscriptions import Event, subscribe
from payments.events import PSP_DISPUTE_REPORTED, PSP_FRAUD_WARNING_REPORTED
from payments.psp.disputes import DisputeNews, FraudWarningNews


def register_reactions() -> None:
    subscribe(PSP_DISPUTE_REPORTED, "disputes.record_dispute_report", _record_report)
    subscribe(PSP_FRAUD_WARNING_REPORTED, "disputes.record_fraud_warning", _record_warning)
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


def _apply_rules(event: Event) -> None:
    apply_rules(merchant_id=event.merchant_id, dispute_id=event.object_id)


def _refund_warned(event: Event) -> None:
    refund_warned_charge(merchant_id=event.merchant_id, warning_id=event.object_id)
