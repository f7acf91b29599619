"""A PSP takes back its word about a capture: the proven state stands, a case asks, and two people may reverse it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from foundation.context import acting
from foundation.ids import new_id
from payments.errors import CaseNotRecordable, CaseSecondPersonNeeded, CaseVerdictRefused
from payments.models import (
    AttemptStatus,
    Capture,
    CaptureStatus,
    Case,
    CaseResolution,
    CaseVerdict,
    IntentStatus,
    PaymentIntent,
)
from payments.operations.record_capture_outcome import record_capture_outcome
from payments.operations.record_case_resolution import record_case_resolution
from payments.operations.request_refund import request_refund
from payments.psp.outcomes import Declined
from payments.queries.totals import check_payments_fold_to_ledger
from tests.factories.case_people import approves, asks, resolves
from tests.factories.shop import Shop

V = CaseVerdict


@pytest.fixture(autouse=True)
def ada() -> Iterator[None]:
    with acting(actor="staff:ada"):
        yield


def failed_late(shop: Shop, capture: Capture) -> Case:
    record_capture_outcome(
        merchant_id=shop.id,
        capture_id=capture.id,
        outcome=Declined(code="capture_failed", psp_reference=capture.psp_reference),
        call=None,
    )
    return Case.objects.for_merchant(shop.id).get(resolved_at__isnull=True)


def captured(shop: Shop) -> tuple[PaymentIntent, Capture]:
    intent = shop.authorizes(10_00)
    return intent, shop.fresh(shop.captures(intent))


def folds(shop: Shop) -> bool:
    return not list(check_payments_fold_to_ledger(shop.id, 1))


def test_the_late_word_lowers_nothing_and_opens_one_case(shop: Shop) -> None:
    intent, capture = captured(shop)
    before = shop.balances()

    case = failed_late(shop, capture)
    failed_late(shop, capture)

    assert (case.kind, case.subject_kind, case.evidence["psp_says"]) == (
        "contradiction",
        "capture",
        "declined",
    )
    assert shop.fresh(capture).status == CaptureStatus.SUCCEEDED
    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert shop.balances() == before


def test_two_people_reverse_the_capture_in_the_ledger_and_the_payment_is_owed_again(shop: Shop) -> None:
    intent, capture = captured(shop)
    fees = shop.ledger("expenses/psp_fees")
    case = failed_late(shop, capture)

    resolution = resolves(shop, case, V.DID_NOT_HAPPEN)

    assert resolution.status == CaseResolution.Status.RECORDED
    after = shop.fresh(capture)
    assert (after.status, after.return_entry_id is not None) == (CaptureStatus.RETURNED, True)
    assert shop.attempt(intent).status == AttemptStatus.RETURNED
    assert shop.fresh(intent).status == IntentStatus.REQUIRES_PAYMENT_METHOD
    assert (shop.ledger("income/sales"), shop.ledger("psp_clearing")) == (0, -fees)
    assert shop.events()[-3:] == ["case.resolved", "payment_intent.payment_failed", "charge.failed"]
    assert shop.cases() == []
    assert folds(shop)


def test_recorded_twice_it_is_reversed_once(shop: Shop) -> None:
    _, capture = captured(shop)
    resolution = approves(shop, asks(shop, failed_late(shop, capture), V.DID_NOT_HAPPEN))

    for _ in range(2):
        record_case_resolution(merchant_id=shop.id, resolution_id=resolution.id)

    assert shop.ledger("income/sales") == 0
    assert folds(shop)


def test_of_several_captures_only_the_one_that_failed_goes_back(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    shop.captures(intent, 6_00, is_final=False)
    second = shop.fresh(shop.captures(intent, 4_00))

    resolves(shop, failed_late(shop, second), V.DID_NOT_HAPPEN)

    attempt = shop.attempt(intent)
    assert (attempt.status, attempt.amount_captured_minor) == (AttemptStatus.SUCCEEDED, 6_00)
    assert shop.fresh(intent).amount_received_minor == 6_00
    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert shop.ledger("income/sales") == 6_00
    assert shop.cases() == []
    assert folds(shop)


def test_what_was_refunded_beyond_the_rest_keeps_the_capture_from_going_back(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    shop.captures(intent, 6_00, is_final=False)
    second = shop.fresh(shop.captures(intent, 4_00))
    shop.gives_back(intent, 8_00)
    before = shop.balances()
    resolution = approves(shop, asks(shop, failed_late(shop, second), V.DID_NOT_HAPPEN))

    with pytest.raises(CaseNotRecordable):
        record_case_resolution(merchant_id=shop.id, resolution_id=resolution.id)

    assert shop.balances() == before
    assert shop.fresh(second).status == CaptureStatus.SUCCEEDED
    assert [kind for kind, _, _ in shop.cases()] == ["contradiction"]


def test_while_another_capture_or_a_refund_is_undecided_nothing_goes_back(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    first = shop.fresh(shop.captures(intent, 6_00, is_final=False))
    shop.psp.fails("error_after_booking", operation="capture")
    shop.captures(intent, 4_00)
    before = shop.balances()
    resolution = approves(shop, asks(shop, failed_late(shop, first), V.DID_NOT_HAPPEN))

    with pytest.raises(CaseNotRecordable, match="Another capture"):
        record_case_resolution(merchant_id=shop.id, resolution_id=resolution.id)

    assert shop.balances() == before
    assert shop.fresh(first).status == CaptureStatus.SUCCEEDED


def test_a_refund_under_way_keeps_the_capture_from_going_back(shop: Shop) -> None:
    intent, capture = captured(shop)
    request_refund(merchant_id=shop.id, payment_intent_id=intent.id, refund_id=new_id())
    before = shop.balances()
    resolution = approves(shop, asks(shop, failed_late(shop, capture), V.DID_NOT_HAPPEN))

    with pytest.raises(CaseNotRecordable, match="A refund"):
        record_case_resolution(merchant_id=shop.id, resolution_id=resolution.id)

    assert shop.balances() == before
    assert shop.fresh(capture).status == CaptureStatus.SUCCEEDED


def test_keeping_our_books_closes_the_case_and_moves_nothing(shop: Shop) -> None:
    _, capture = captured(shop)
    before = shop.balances()

    resolves(shop, failed_late(shop, capture), V.KEEP_OURS)

    assert shop.balances() == before
    assert shop.fresh(capture).status == CaptureStatus.SUCCEEDED
    assert shop.cases() == []


def test_one_person_alone_reverses_nothing(shop: Shop) -> None:
    _, capture = captured(shop)
    before = shop.balances()
    resolution = asks(shop, failed_late(shop, capture), V.DID_NOT_HAPPEN)

    with pytest.raises(CaseSecondPersonNeeded):
        approves(shop, resolution, actor="staff:ada")
    record_case_resolution(merchant_id=shop.id, resolution_id=resolution.id)

    assert shop.balances() == before
    assert shop.fresh(capture).status == CaptureStatus.SUCCEEDED


def test_it_happened_is_no_verdict_on_a_capture_that_is_booked(shop: Shop) -> None:
    _, capture = captured(shop)
    case = failed_late(shop, capture)

    with pytest.raises(CaseVerdictRefused):
        asks(shop, case, V.HAPPENED)

    assert CaseResolution.objects.for_merchant(shop.id).count() == 0
