"""What two people agree on is recorded once, through the movement's door, and only while it still holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from foundation.context import acting
from foundation.errors import DomainError
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.jobs.models import Job
from foundation.money import Money
from payments.models import (
    AttemptStatus,
    Case,
    CaseResolution,
    CaseVerdict,
    IntentStatus,
    RefundStatus,
)
from payments.operations.approve_case_resolution import approve_case_resolution
from payments.operations.record_attempt_outcome import record_attempt_outcome
from payments.operations.record_case_resolution import record_case_resolution
from payments.operations.refuse_case_resolution import refuse_case_resolution
from payments.operations.request_case_resolution import request_case_resolution
from payments.operations.withdraw_case_resolution import withdraw_case_resolution
from payments.psp.outcomes import Declined
from tests.factories.books import assert_books_agree, statuses_of_attempts
from tests.factories.case_people import approves, asks, contradicted, in_doubt, resolves, taken
from tests.factories.later import look_after
from tests.factories.shop import Shop

V = CaseVerdict
S = CaseResolution.Status


@pytest.fixture(autouse=True)
def ada() -> Iterator[None]:
    with acting(actor="staff:ada"):
        yield


# --- Two people, one effect


def test_what_happened_is_booked_when_a_second_person_approves(shop: Shop) -> None:
    intent, case = in_doubt(shop)

    asked = asks(shop, case)
    assert shop.attempt(intent).status == AttemptStatus.UNKNOWN
    assert shop.balances() == {}
    approved = approves(shop, asked)
    run_due_jobs()

    assert approved.status == S.APPROVED
    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert shop.attempt(intent).psp_reference == "pi_seen_there"
    assert shop.ledger("income/sales") == 10_00
    resolution = CaseResolution.objects.for_merchant(shop.id).get()
    assert (resolution.status, resolution.requested_by, resolution.decided_by) == (
        S.RECORDED,
        "staff:ada",
        "staff:bob",
    )
    fresh = Case.objects.for_merchant(shop.id).get()
    assert (fresh.ending, fresh.resolved_at is not None) == ("resolved", True)
    assert shop.events().count("case.resolved") == 1


def test_what_did_not_happen_frees_the_payment_for_another_try(shop: Shop) -> None:
    shop.psp.fails("error_before_booking")
    shop.psp.fails("error_before_booking", operation="inquire", times=50)
    intent = shop.pays(10_00)
    look_after(62)

    resolves(shop, Case.objects.for_merchant(shop.id).get(), V.DID_NOT_HAPPEN)

    assert statuses_of_attempts(shop) == [AttemptStatus.NOT_SENT]
    assert shop.fresh(intent).status == IntentStatus.REQUIRES_CONFIRMATION
    assert_books_agree(shop)


def test_another_amount_is_booked_as_it_was_proven(shop: Shop) -> None:
    intent, case = in_doubt(shop)

    resolves(shop, case, V.OTHER_AMOUNT, amount=Money(9_00, "usd"))

    assert shop.fresh(intent).amount_received_minor == 9_00
    assert shop.ledger("income/sales") == 9_00


def test_refund_that_did_not_happen_fails_and_is_not_sent_again_by_itself(shop: Shop) -> None:
    intent = shop.pays(10_00)
    shop.psp.fails("error_before_booking", operation="refund")
    shop.psp.fails("error_before_booking", operation="inquire", times=50)
    refund = shop.gives_back(intent)
    look_after(62)

    resolves(shop, Case.objects.for_merchant(shop.id).get(), V.DID_NOT_HAPPEN)
    look_after(4_000)

    assert shop.fresh(refund).status == RefundStatus.FAILED
    assert shop.psp.refunds() == 0
    assert_books_agree(shop)


def test_capture_that_happened_is_booked(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    shop.psp.fails("error_after_booking", operation="capture")
    shop.psp.fails("error_before_booking", operation="inquire", times=50)
    shop.captures(intent)
    look_after(62)

    resolves(shop, Case.objects.for_merchant(shop.id).get())

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert shop.ledger("income/sales") == 10_00
    assert shop.ledger("memo/authorized") == 0


def test_void_that_stays_unknown_is_a_case_and_can_be_resolved(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    shop.psp.fails("error_after_booking", operation="cancel", times=50)
    shop.psp.fails("error_before_booking", operation="inquire", times=50)
    shop.cancels(intent)
    look_after(62)
    look_after(3_700)

    [(kind, about, _)] = shop.cases()
    assert (kind, about) == ("in_doubt", "void")
    resolves(shop, Case.objects.for_merchant(shop.id).get())

    assert shop.fresh(intent).status == IntentStatus.CANCELED
    assert shop.ledger("memo/authorized") == 0
    assert shop.cases() == []


# --- Refusals


def trace(shop: Shop) -> dict[str, Any]:
    return {
        **shop.footprint(),
        "resolutions": list(CaseResolution.objects.for_merchant(shop.id).values_list("id", "status")),
    }


def test_one_person_is_not_two(shop: Shop) -> None:
    _, case = in_doubt(shop)
    asked = asks(shop, case)
    before = trace(shop)

    with pytest.raises(DomainError) as refused:
        approves(shop, asked, actor="staff:ada")

    assert refused.value.code == "case_second_person_needed"
    assert trace(shop) == before


def test_postgresql_holds_to_two_people_as_well(shop: Shop) -> None:
    _, case = in_doubt(shop)
    asked = asks(shop, case)

    with pytest.raises(IntegrityError), transaction.atomic():
        CaseResolution.objects.for_merchant(shop.id).filter(pk=asked.pk).update(
            status="approved", decided_by="staff:ada", decided_at=asked.requested_at
        )


def test_what_was_asked_for_can_not_be_changed_behind_the_approver(shop: Shop) -> None:
    _, case = in_doubt(shop)
    asked = asks(shop, case)

    with pytest.raises(IntegrityError), transaction.atomic():
        CaseResolution.objects.for_merchant(shop.id).filter(pk=asked.pk).update(verdict="did_not_happen")


def test_approval_of_something_else_than_was_shown_is_refused(shop: Shop) -> None:
    _, case = in_doubt(shop)
    asked = asks(shop, case)
    before = trace(shop)

    with acting(actor="staff:bob"), pytest.raises(DomainError) as refused:
        approve_case_resolution(merchant_id=shop.id, resolution_id=asked.id, parameters_hash="0" * 64)

    assert refused.value.code == "case_resolution_differs"
    assert trace(shop) == before


@pytest.mark.parametrize(
    ("verdict", "more"),
    [
        (V.KEEP_OURS, {}),
        (V.OTHER_AMOUNT, {}),
        (V.HAPPENED, {"amount": Money(1, "usd")}),
        (V.OTHER_AMOUNT, {"amount": Money(1, "eur")}),
    ],
)
def test_verdict_that_can_not_be_recorded_is_refused_and_leaves_no_trace(
    shop: Shop, verdict: V, more: dict[str, Any]
) -> None:
    _, case = in_doubt(shop)
    before = trace(shop)

    with pytest.raises(DomainError) as refused:
        asks(shop, case, verdict, **more)

    assert refused.value.code == "case_verdict_refused"
    assert trace(shop) == before


def test_second_request_waits_until_the_first_is_decided(shop: Shop) -> None:
    _, case = in_doubt(shop)
    first = asks(shop, case)

    with pytest.raises(DomainError) as refused:
        asks(shop, case, V.DID_NOT_HAPPEN)
    withdraw_case_resolution(merchant_id=shop.id, resolution_id=first.id)
    second = asks(shop, case, V.DID_NOT_HAPPEN)

    assert refused.value.code == "case_resolution_pending"
    assert second.status == S.REQUESTED


def test_refused_request_leaves_the_case_open(shop: Shop) -> None:
    intent, case = in_doubt(shop)
    asked = asks(shop, case)

    with acting(actor="staff:bob"):
        refuse_case_resolution(merchant_id=shop.id, resolution_id=asked.id, note="That is another payment.")

    assert shop.attempt(intent).status == AttemptStatus.UNKNOWN
    assert [kind for kind, _, _ in shop.cases()] == ["in_doubt"]
    with pytest.raises(DomainError) as refused:
        approves(shop, asked)
    assert refused.value.code == "case_resolution_decided"


def test_merchants_can_not_resolve_each_others_cases(shop: Shop) -> None:
    _, case = in_doubt(shop)
    before = trace(shop)

    with pytest.raises(DomainError) as refused:
        request_case_resolution(
            merchant_id=new_id(),
            case_id=case.id,
            resolution_id=new_id(),
            verdict=V.HAPPENED,
            proof="x",
            proof_reference="y",
        )

    assert refused.value.code == "resource_missing"
    assert trace(shop) == before


# --- Same key twice, and a crash between the two transactions


def test_same_form_sent_twice_asks_once(shop: Shop) -> None:
    _, case = in_doubt(shop)
    key = new_id()

    first = asks(shop, case, resolution_id=key)
    second = asks(shop, case, resolution_id=key)

    assert first.id == second.id
    with pytest.raises(DomainError) as refused:
        asks(shop, case, V.DID_NOT_HAPPEN, resolution_id=key)
    assert refused.value.code == "case_resolution_differs"


def test_approval_whose_recording_died_is_finished_by_its_job_once(shop: Shop) -> None:
    intent, case = in_doubt(shop)
    resolution = approves(shop, asks(shop, case))
    assert Job.objects.filter(name="payments.record_case_resolution", merchant_id=shop.id).count() == 1

    for _ in range(3):
        record_case_resolution(merchant_id=shop.id, resolution_id=resolution.id)
    run_due_jobs()

    assert shop.ledger("income/sales") == 10_00
    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED


# --- Proof that comes meanwhile


def test_psp_that_proves_it_meanwhile_closes_the_case_and_the_request_lapses(shop: Shop) -> None:
    intent, case = in_doubt(shop)
    asked = asks(shop, case, V.DID_NOT_HAPPEN)

    shop.psp.heals()
    look_after(90_000)

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert CaseResolution.objects.for_merchant(shop.id).get().status == S.LAPSED
    assert Case.objects.for_merchant(shop.id).get().ending == "proven"
    with pytest.raises(DomainError) as refused:
        approves(shop, asked)
    assert refused.value.code == "case_resolution_decided"
    assert_books_agree(shop)


def test_approved_resolution_lapses_when_the_psp_is_quicker_than_its_job(shop: Shop) -> None:
    intent, case = in_doubt(shop)
    resolution = approves(shop, asks(shop, case, V.DID_NOT_HAPPEN))

    record_attempt_outcome(
        merchant_id=shop.id,
        payment_intent_id=intent.id,
        attempt_id=shop.attempt(intent).id,
        outcome=taken(reference="pi_true"),
        call=None,
    )
    record_case_resolution(merchant_id=shop.id, resolution_id=resolution.id)

    assert shop.attempt(intent).status == AttemptStatus.SUCCEEDED
    assert CaseResolution.objects.for_merchant(shop.id).get().status == S.LAPSED


def test_request_lapses_when_the_movement_is_no_longer_what_was_looked_at(shop: Shop) -> None:
    intent = shop.pays(10_00)
    case = contradicted(shop, intent, Declined(code="card_declined", psp_reference="x"))
    asked = asks(shop, case, V.DID_NOT_HAPPEN)

    shop.gives_back(intent, 4_00)
    answer = approves(shop, asked)

    assert answer.status == S.LAPSED
    assert shop.attempt(intent).status == AttemptStatus.SUCCEEDED
    assert_books_agree(shop)
