"""Ada asks for a case to be resolved, bob approves: the short way to a decided case."""

from __future__ import annotations

from typing import Any

from foundation.context import acting
from foundation.ids import new_id
from foundation.money import Money
from payments.models import Case, CaseResolution, CaseVerdict, PaymentIntent
from payments.operations.approve_case_resolution import approve_case_resolution
from payments.operations.record_attempt_outcome import record_attempt_outcome
from payments.operations.record_case_resolution import record_case_resolution
from payments.operations.request_case_resolution import request_case_resolution
from payments.psp.outcomes import Succeeded
from tests.factories.later import look_after
from tests.factories.shop import Shop

V = CaseVerdict


def in_doubt(shop: Shop, **fields: Any) -> tuple[PaymentIntent, Case]:
    """A charge that the PSP took, whose answer was lost, and about which the PSP is silent."""
    shop.psp.fails("error_after_booking")
    shop.psp.fails("error_before_booking", operation="inquire", times=50)
    intent = shop.pays(10_00, **fields)
    look_after(62)
    return intent, Case.objects.for_merchant(shop.id).get()


def asks(shop: Shop, case: Case, verdict: V = V.HAPPENED, **more: Any) -> CaseResolution:
    return request_case_resolution(
        merchant_id=shop.id,
        case_id=case.id,
        **{
            "resolution_id": new_id(),
            "verdict": verdict,
            "proof": "Seen in the PSP's dashboard.",
            "proof_reference": "pi_seen_there",
            **more,
        },
    )


def approves(shop: Shop, resolution: CaseResolution, *, actor: str = "staff:bob") -> CaseResolution:
    with acting(actor=actor):
        return approve_case_resolution(
            merchant_id=shop.id, resolution_id=resolution.id, parameters_hash=resolution.parameters_hash
        )


def resolves(shop: Shop, case: Case, verdict: V = V.HAPPENED, **more: Any) -> CaseResolution:
    """Asked for by ada, approved by bob, recorded."""
    resolution = approves(shop, asks(shop, case, verdict, **more))
    return record_case_resolution(merchant_id=shop.id, resolution_id=resolution.id)


def contradicted(shop: Shop, intent: PaymentIntent, outcome: Any) -> Case:
    attempt = shop.attempt(intent)
    record_attempt_outcome(
        merchant_id=shop.id, payment_intent_id=intent.id, attempt_id=attempt.id, outcome=outcome, call=None
    )
    return Case.objects.for_merchant(shop.id).get(resolved_at__isnull=True)


def taken(amount: int = 10_00, reference: str = "pi_late") -> Succeeded:
    moved = Money(amount, "usd")
    return Succeeded(
        psp_reference=reference,
        amount=moved,
        captured=moved,
        fee=Money(59, "usd"),
        psp_charge_reference="ch_late",
    )
