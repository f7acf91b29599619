"""Every row lock of payments, taken in floor order: intent, refund or capture's attempt, refund, its approval, capture
or increment, resolution of a case, case.

A lock returns a fresh instance; whoever held an older one throws it away.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from foundation.errors import ResourceMissing
from foundation.transactions import joins_transaction
from payments.models import (
    AuthorizationIncrement,
    Capture,
    Case,
    CaseKind,
    CaseResolution,
    Customer,
    PaymentAttempt,
    PaymentIntent,
    PaymentMethod,
    Payout,
    PspAccount,
    PspEventCursor,
    PspWebhook,
    Refund,
    RefundApproval,
    RefundStatus,
    RoutingBacktest,
    RoutingExperiment,
    RoutingRuleSet,
    SetupIntent,
)


@joins_transaction
def lock_payment_intent(*, merchant_id: UUID, payment_intent_id: UUID) -> PaymentIntent:
    """The intent with its merchant. Raises ResourceMissing, also for another merchant's."""
    rows = PaymentIntent.objects.for_merchant(merchant_id).select_related("merchant")
    return _one(rows.select_for_update(of=("self",)).filter(pk=payment_intent_id), "payment_intent")


@joins_transaction
def lock_attempt(*, merchant_id: UUID, attempt_id: UUID) -> PaymentAttempt:
    """The attempt; its intent is locked before it."""
    rows = PaymentAttempt.objects.for_merchant(merchant_id).select_related("psp_account")
    return _one(rows.select_for_update(of=("self",)).filter(pk=attempt_id), "charge")


@joins_transaction
def lock_refund(*, merchant_id: UUID, refund_id: UUID) -> Refund:
    """The refund; its intent and attempt are locked before it."""
    return _one(
        Refund.objects.for_merchant(merchant_id).select_for_update(of=("self",)).filter(pk=refund_id),
        "refund",
    )


@joins_transaction
def lock_refund_approval(refund: Refund) -> RefundApproval:
    """The approval that a refund waits for; the refund is locked before it, and stays the caller's instance."""
    rows = RefundApproval.objects.for_merchant(refund.merchant_id).select_for_update(of=("self",))
    approval = _one(rows.filter(refund_id=refund.id), "refund approval")
    approval.refund = refund
    return approval


@joins_transaction
def lock_unsent_refunds(attempt: PaymentAttempt) -> list[Refund]:
    """The refunds of a charge that the PSP has not heard of; the intent and the attempt are locked before them."""
    rows = Refund.objects.for_merchant(attempt.merchant_id).filter(
        attempt_id=attempt.id, status__in=[RefundStatus.REQUIRES_APPROVAL, RefundStatus.CREATED]
    )
    return list(rows.select_for_update(of=("self",)).order_by("id"))


@joins_transaction
def lock_capture(*, merchant_id: UUID, capture_id: UUID) -> Capture:
    """The capture; its intent and attempt are locked before it."""
    rows = Capture.objects.for_merchant(merchant_id)
    return _one(rows.select_for_update(of=("self",)).filter(pk=capture_id), "capture")


@joins_transaction
def lock_increment(*, merchant_id: UUID, increment_id: UUID) -> AuthorizationIncrement:
    """The increment; its intent and attempt are locked before it."""
    rows = AuthorizationIncrement.objects.for_merchant(merchant_id)
    return _one(rows.select_for_update(of=("self",)).filter(pk=increment_id), "increment")


@joins_transaction
def lock_case(*, merchant_id: UUID, case_id: UUID) -> Case:
    rows = Case.objects.for_merchant(merchant_id)
    return _one(rows.select_for_update(of=("self",)).filter(pk=case_id), "case")


@joins_transaction
def lock_open_cases(
    *, merchant_id: UUID, subject_kind: str, subject_id: UUID, kinds: Collection[CaseKind]
) -> list[Case]:
    """The open cases of these kinds about one movement; what they are about is locked before them."""
    rows = Case.objects.for_merchant(merchant_id).filter(
        subject_kind=subject_kind, subject_id=subject_id, kind__in=kinds, resolved_at__isnull=True
    )
    return list(rows.select_for_update(of=("self",)).order_by("id"))


@joins_transaction
def lock_case_resolution(*, merchant_id: UUID, resolution_id: UUID) -> CaseResolution:
    """The resolution with its case; the movement that it is about is locked before it."""
    rows = CaseResolution.objects.for_merchant(merchant_id).select_related("case", "attempt")
    return _one(rows.select_for_update(of=("self",)).filter(pk=resolution_id), "case resolution")


@joins_transaction
def lock_open_resolutions(case: Case) -> list[CaseResolution]:
    """What people asked for or approved of a case, and nobody recorded: one at most."""
    rows = CaseResolution.objects.for_merchant(case.merchant_id).filter(
        case_id=case.id, status__in=["requested", "approved"]
    )
    return list(rows.select_for_update(of=("self",)))


@joins_transaction
def lock_setup_intent(*, merchant_id: UUID, setup_intent_id: UUID) -> SetupIntent:
    rows = SetupIntent.objects.for_merchant(merchant_id).select_related("merchant")
    return _one(rows.select_for_update(of=("self",)).filter(pk=setup_intent_id), "setup_intent")


@joins_transaction
def lock_customer(*, merchant_id: UUID, customer_id: UUID) -> Customer:
    """A live customer: a deleted one answers like an absent one."""
    rows = (
        Customer.objects.for_merchant(merchant_id).select_related("merchant").filter(deleted_at__isnull=True)
    )
    return _one(rows.select_for_update(of=("self",)).filter(pk=customer_id), "customer")


@joins_transaction
def lock_payment_method(*, merchant_id: UUID, payment_method_id: UUID) -> PaymentMethod:
    rows = PaymentMethod.objects.for_merchant(merchant_id).select_related("merchant")
    return _one(rows.select_for_update(of=("self",)).filter(pk=payment_method_id), "payment_method")


@joins_transaction
def lock_payout(*, merchant_id: UUID, psp_account_id: UUID, psp_reference: str) -> Payout:
    """By the PSP's name of it; with its merchant and PSP account. No other row is locked beside it."""
    rows = Payout.objects.for_merchant(merchant_id).select_related("merchant", "psp_account")
    named = rows.filter(psp_account_id=psp_account_id, psp_reference=psp_reference)
    return _one(named.select_for_update(of=("self",)), "payout")


@joins_transaction
def lock_unhandled_webhooks(*, received_before: datetime, limit: int) -> list[PspWebhook]:
    """The oldest unhandled webhooks, whoever's, past those that another sweep holds; with their PSP accounts."""
    rows = PspWebhook.across_merchants.filter(handled_at__isnull=True, received_at__lte=received_before)
    ordered = rows.order_by("received_at").select_related("psp_account")
    return list(ordered.select_for_update(of=("self",), skip_locked=True)[:limit])


def _one(rows, name):  # type: ignore[no-untyped-def]
    row = rows.first()
    if row is None:
        raise ResourceMissing(f"No such {name}.", param=name)
    return row


_DUE_TABLES = {
    "attempt": "payments_paymentattempt",
    "capture": "payments_capture",
    "increment": "payments_authorizationincrement",
    "refund": "payments_refund",
    "setup_intent": "payments_setupintent",
}
_CLAIM = """
UPDATE {table} SET
    next_check_at = %(now)s + make_interval(secs => least(%(claim)s * (1 + checks), %(most)s)),
    checks = checks + 1
WHERE id IN (
    SELECT id FROM {table} WHERE next_check_at <= %(now)s
    ORDER BY next_check_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
RETURNING id, merchant_id
"""


@joins_transaction
def claim_due_checks(
    kind: str, *, now: datetime, limit: int, claim_seconds: int, most_seconds: int
) -> list[tuple[UUID, UUID]]:
    """(id, merchant) of due rows, put off so that nobody else takes them while they are being looked at."""
    parameters: dict[str, Any] = {"now": now, "limit": limit, "claim": claim_seconds, "most": most_seconds}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM.format(table=_DUE_TABLES[kind]), parameters)
        return list(cursor.fetchall())


@joins_transaction
def lock_rule_sets(*, merchant_id: UUID) -> dict[UUID, RoutingRuleSet]:
    """All of the merchant's rule sets that may take or lose effect, by id: only one of them is active."""
    rows = RoutingRuleSet.objects.for_merchant(merchant_id).exclude(status=RoutingRuleSet.Status.RETIRED)
    return {row.id: row for row in rows.select_for_update(of=("self",)).order_by("id")}


@joins_transaction
def lock_experiment(*, merchant_id: UUID, experiment_id: UUID) -> RoutingExperiment:
    rows = RoutingExperiment.objects.for_merchant(merchant_id)
    return _one(rows.select_for_update(of=("self",)).filter(pk=experiment_id), "experiment")


@joins_transaction
def lock_backtest(*, merchant_id: UUID, backtest_id: UUID) -> RoutingBacktest:
    rows = RoutingBacktest.objects.for_merchant(merchant_id).select_related("rule_set")
    return _one(rows.select_for_update(of=("self",)).filter(pk=backtest_id), "back-test")


@joins_transaction
def lock_psp_account(*, merchant_id: UUID, psp_account_id: UUID) -> PspAccount:
    rows = PspAccount.objects.for_merchant(merchant_id)
    return _one(rows.select_for_update(of=("self",)).filter(pk=psp_account_id), "psp_account")


@joins_transaction
def lock_event_cursor(*, merchant_id: UUID, psp_account_id: UUID) -> PspEventCursor:
    rows = PspEventCursor.objects.for_merchant(merchant_id)
    return _one(rows.select_for_update(of=("self",)).filter(psp_account_id=psp_account_id), "event cursor")
