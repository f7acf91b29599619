"""Lines of a PSP's statement that our books do not have: recorded where they prove something, else before a person."""

from __future__ import annotations

from dataclasses import replace

import pytest
import requests

from foundation import clock
from foundation.ids import new_id
from foundation.money import Money
from payments.errors import PspUnavailable
from payments.models import Case, CaseKind, PspCall, RefundStatus
from payments.operations.answer_missing_line import MissingLine, answer_missing_line
from payments.operations.request_refund import request_refund
from payments.psp.registry import connector_for
from payments.queries.payment_intents import get_refund
from payments.queries.psp_orders import credentials_of, refund_request
from tests.factories.books import assert_books_agree
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop, open_shop

pytestmark = pytest.mark.django_db


def line_of(shop: Shop, kind: str = "charge", number: int = -1) -> MissingLine:
    """What the PSP's books say of its newest movement of a kind."""
    entries = requests.get(f"{shop.psp.base_url}/books/entries", params={"account": shop.psp.key}, timeout=5)
    booked = [entry for entry in entries.json()["entries"] if entry["kind"] == kind][number]
    of_refund = kind.startswith("refund")
    return MissingLine(
        break_id=new_id(),
        name=booked["id"],
        kind=kind,
        reference=booked["refund"] if of_refund else booked["charge"],
        parent_reference=booked["payment_intent"],
        gross=Money(booked["amount_minor"], booked["currency"]),
        fee=Money(booked["fee_minor"], booked["currency"]),
        occurred_at=clock.from_timestamp(booked["booked_at"]),
    )


def unheard_of(kind: str, gross: int = 10_00) -> MissingLine:
    reference = {"charge": "ch_3nobody", "payout": "po_1nobody"}.get(kind, "re_3nobody")
    return MissingLine(
        break_id=new_id(),
        name="txn_3nobody",
        kind=kind,
        reference=reference,
        parent_reference="" if kind == "payout" else "pi_3nobody",
        gross=Money(gross, "usd"),
        fee=Money(0, "usd"),
        occurred_at=clock.now(),
    )


def answered(shop: Shop, line: MissingLine) -> bool:
    return answer_missing_line(merchant_id=shop.id, psp_account=shop.account.public_id, line=line)


def test_charge_with_a_lost_answer_is_found_by_our_key_and_proven(shop: Shop) -> None:
    shop.psp.fails("error_after_booking")
    intent = shop.pays(10_00)

    assert answered(shop, line_of(shop))

    attempt = shop.attempt(intent)
    assert (attempt.status, attempt.card_facts["last4"], attempt.fee_minor) == ("succeeded", "4242", 59)
    calls = PspCall.objects.for_merchant(shop.id).filter(operation="look_up")
    assert [(call.subject_kind, call.subject_id) for call in calls] == [("attempt", attempt.id)]
    assert_books_agree(shop)


def test_the_same_line_twice_is_recorded_once(shop: Shop) -> None:
    shop.psp.fails("error_after_booking")
    shop.pays(10_00)
    line = line_of(shop)

    answered(shop, line)
    balances = shop.balances()
    answered(shop, line)

    assert shop.balances() == balances
    assert_books_agree(shop)


def test_capture_with_a_lost_answer_is_proven(shop: Shop) -> None:
    held = shop.authorizes(30_00)
    shop.psp.fails("error_after_booking", operation="capture")
    capture = shop.captures(held, 20_00)

    assert answered(shop, line_of(shop))

    assert (shop.fresh(capture).status, shop.fresh(capture).fee_minor) == ("succeeded", 88)
    assert_books_agree(shop)


def test_refund_with_a_lost_answer_is_found_by_our_key_and_proven(shop: Shop) -> None:
    intent = shop.pays(10_00)
    shop.psp.fails("error_after_booking", operation="refund")
    refund = shop.gives_back(intent, 4_00)

    assert answered(shop, line_of(shop, "refund"))

    assert shop.fresh(refund).status == RefundStatus.SUCCEEDED
    assert_books_agree(shop)


def test_pending_refund_is_proven_by_its_line(shop: Shop) -> None:
    refund = shop.gives_back(shop.pays(10_00, token="pm_card_pendingRefund"), 4_00)
    assert refund.status == RefundStatus.PENDING

    line = replace(unheard_of("refund", gross=-4_00), reference=refund.psp_reference)

    proven = answered(shop, line)

    assert proven
    assert shop.fresh(refund).status == RefundStatus.SUCCEEDED
    assert shop.ledger("income/refunds") == 4_00


@pytest.mark.parametrize("kinds", [("refund", "refund_failure"), ("refund_failure", "refund")])
def test_refund_that_came_back_unheard_is_booked_both_ways_in_any_order(
    shop: Shop, kinds: tuple[str, str]
) -> None:
    intent = shop.pays(10_00, token="pm_card_refundFail")
    refund = request_refund(merchant_id=shop.id, payment_intent_id=intent.id, refund_id=new_id())
    taken = get_refund(merchant_id=shop.id, refund_id=refund.id)
    taken.submit()
    taken.lose_sight()
    taken.save()
    connector_for("stripe").refund(credentials_of(shop.account), refund_request(taken, taken.attempt))
    shop.psp.time_passes(seconds=10)

    for kind in kinds:
        assert answered(shop, line_of(shop, kind))

    assert shop.fresh(refund).status == RefundStatus.FAILED
    assert shop.ledger("income/refunds") == 0
    assert shop.cases() == []
    assert_books_agree(shop)


@pytest.mark.parametrize("kind", ["charge", "refund", "refund_failure", "payout", "fee", "dispute", "other"])
def test_line_of_nobody_is_put_before_a_person_once_and_moves_nothing(shop: Shop, kind: str) -> None:
    line = unheard_of(kind)

    assert [answered(shop, line) for _ in range(2)] == [False, False]

    [case] = Case.objects.for_merchant(shop.id)
    assert (case.kind, case.subject_kind, case.subject_id) == (CaseKind.UNMATCHED, "break", line.break_id)
    assert case.evidence["psp_reference"] == line.reference
    assert shop.balances() == {}
    assert shop.events() == ["case.opened"]


def test_line_of_a_charge_that_is_booked_already_is_put_before_a_person_with_its_payment(shop: Shop) -> None:
    intent = shop.pays(10_00)
    before = shop.balances()

    assert not answered(shop, line_of(shop))

    [case] = Case.objects.for_merchant(shop.id)
    assert case.payment_intent_id == intent.id
    assert shop.balances() == before


def test_line_of_a_payment_that_was_voided_contradicts(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    shop.cancels(intent)
    attempt = shop.attempt(intent)

    answered(shop, replace(unheard_of("charge"), parent_reference=attempt.psp_reference))

    assert [(kind, about) for kind, about, _ in shop.cases()] == [("contradiction", "attempt")]
    assert shop.attempt(intent).status == "voided"


def test_psp_that_does_not_say_whose_line_it_is_is_asked_again_later(shop: Shop) -> None:
    shop.psp.fails("error_after_booking")
    intent = shop.pays(10_00)
    line = line_of(shop)
    shop.psp.heals()
    shop.psp.fails("error_before_booking", operation="inquire", times=5)
    before = shop.footprint()

    with pytest.raises(PspUnavailable):
        answered(shop, line)

    assert shop.footprint() == before
    shop.psp.heals()
    assert answered(shop, line)
    assert shop.attempt(intent).status == "succeeded"


def test_payout_line_is_proof_where_the_psp_does_not_answer(shop: Shop) -> None:
    shop.pays(100_00)
    (paid,) = shop.psp.pays_out()
    shop.psp.fails("error_before_booking", operation="payout", times=5)

    assert answered(shop, replace(unheard_of("payout", gross=-paid["amount"]), reference=paid["id"]))

    assert shop.ledger("psp_clearing") == 0
    assert_books_agree(shop)


def test_line_of_another_merchants_account_finds_nothing(shop: Shop, psp: ScriptedPsp) -> None:
    shop.psp.fails("error_after_booking")
    intent = shop.pays(10_00)
    other = open_shop(psp, name="Coffee shop")

    found = answer_missing_line(merchant_id=other.id, psp_account=shop.account.public_id, line=line_of(shop))

    assert not found
    assert shop.attempt(intent).status == "unknown"
    assert [(kind, about) for kind, about, _ in other.cases()] == [("unmatched", "break")]
