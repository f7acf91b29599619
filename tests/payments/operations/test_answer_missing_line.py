"""Lines of a PSP's statement that our books do not have: recorded where they prove something, else before a person."""

from __future__ import annotations

import io

import pytest
import requests
import stripe

from foundation import clock
from foundation.ids import new_id
from ledger.models import ReconciliationBreak
from ledger.reconciliation.operations.import_settlement import import_settlement
from payments.errors import PspUnavailable
from payments.models import AttemptStatus, Case, CaseKind, IntentStatus, PspCall, RefundStatus
from payments.operations.answer_missing_line import answer_missing_line
from payments.operations.close_line_cases import close_line_cases
from payments.operations.request_refund import request_refund
from payments.psp.registry import connector_for
from payments.queries.evidence import gather_evidence
from payments.queries.payment_intents import get_refund
from payments.queries.psp_orders import credentials_of, refund_request
from tests.factories.books import assert_books_agree
from tests.factories.later import look_after
from tests.factories.missing_lines import missing_line
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.settling import answer_news, reconciled
from tests.factories.shop import Shop, open_shop

pytestmark = pytest.mark.django_db

HEADER = (
    "balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,"
    "source_id,payment_intent_id,description\n"
)


def line_of(shop: Shop, kind: str = "charge", number: int = -1) -> ReconciliationBreak:
    """What the PSP's books say of its newest movement of a kind."""
    entries = requests.get(f"{shop.psp.base_url}/books/entries", params={"account": shop.psp.key}, timeout=5)
    booked = [entry for entry in entries.json()["entries"] if entry["kind"] == kind][number]
    return missing_line(
        shop,
        kind,
        gross=booked["amount_minor"],
        fee=booked["fee_minor"],
        reference=booked["refund"] if kind.startswith("refund") else booked["charge"],
        order_reference=booked["payment_intent"],
        occurred_at=clock.from_timestamp(booked["booked_at"]),
    )


def unheard_of(shop: Shop, kind: str, gross: int = 10_00) -> ReconciliationBreak:
    reference = {"charge": "ch_3nobody", "payout": "po_1nobody"}.get(kind, "re_3nobody")
    parent = "" if kind == "payout" else "pi_3nobody"
    return missing_line(shop, kind, gross=gross, reference=reference, order_reference=parent)


def answered(shop: Shop, found: ReconciliationBreak) -> bool:
    return answer_missing_line(merchant_id=shop.id, break_id=found.id)


def statement(shop: Shop, *rows: str) -> None:
    """The PSP's report with these lines, taken in and compared with the books; the news is handled."""
    import_settlement(
        merchant_id=shop.id,
        psp_account=shop.account.public_id,
        format="stripe_balance",
        file=io.BytesIO((HEADER + "\n".join(rows) + "\n").encode()),
    )
    reconciled(shop)
    answer_news(shop)


def row(kind: str, gross: str, fee: str, net: str, *, reference: str, intent: str) -> str:
    name = f"txn_{new_id().hex}"
    return (
        f"{name},2026-11-20 10:00:00,2026-11-22 00:00:00,usd,{gross},{fee},{net},{kind},{reference},{intent},"
    )


def silent(shop: Shop, operation: str = "authorize") -> None:
    shop.psp.fails("error_after_booking", operation=operation)
    shop.psp.fails("error_before_booking", operation="inquire", times=20)


def names_at_psp(shop: Shop) -> tuple[str, str]:
    """(payment intent, charge) as the PSP knows the newest."""
    client = stripe.StripeClient(shop.psp.key, base_addresses={"api": shop.psp.base_url})
    found = client.v1.charges.list({"limit": 1}).data[0]
    return str(found.payment_intent), str(found.id)


# --- What a line proves


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
    assert shop.cases() == []
    assert_books_agree(shop)


def test_line_of_a_charge_in_doubt_ends_its_case_as_proven(shop: Shop) -> None:
    silent(shop)
    intent = shop.pays(10_00)
    look_after(62)
    assert [kind for kind, _, _ in shop.cases()] == ["in_doubt"]
    shop.psp.heals()
    reference, charge = names_at_psp(shop)

    statement(shop, row("charge", "10.00", "0.59", "9.41", reference=charge, intent=reference))

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert shop.attempt(intent).psp_charge_reference == charge
    assert shop.cases() == []
    assert Case.objects.for_merchant(shop.id).get().ending == "proven"
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

    proven = answered(shop, missing_line(shop, "refund", gross=-4_00, reference=refund.psp_reference))

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
    assert shop.attempt(intent).status == AttemptStatus.SUCCEEDED
    assert shop.ledger("income/refunds") == 0
    assert shop.cases() == []
    assert_books_agree(shop)


def test_line_that_names_the_charge_itself_as_failed_takes_the_debit_back(shop: Shop) -> None:
    intent = shop.pays(10_00)
    attempt = shop.attempt(intent)

    line = missing_line(
        shop,
        "refund_failure",
        gross=-10_00,
        reference=attempt.psp_charge_reference,
        order_reference=attempt.psp_reference,
    )

    assert answered(shop, line)
    assert shop.attempt(intent).status == AttemptStatus.RETURNED
    assert shop.ledger("income/sales") == 0


def test_payout_line_is_proof_where_the_psp_does_not_answer(shop: Shop) -> None:
    shop.pays(100_00)
    (paid,) = shop.psp.pays_out()
    shop.psp.fails("error_before_booking", operation="payout", times=5)

    assert answered(shop, missing_line(shop, "payout", gross=-paid["amount"], reference=paid["id"]))

    assert shop.ledger("psp_clearing") == 0
    assert_books_agree(shop)


# --- What goes before a person


@pytest.mark.parametrize("kind", ["charge", "refund", "refund_failure", "payout", "fee", "dispute", "other"])
def test_line_of_nobody_is_put_before_a_person_once_and_moves_nothing(shop: Shop, kind: str) -> None:
    line = unheard_of(shop, kind)

    assert [answered(shop, line) for _ in range(2)] == [False, False]

    [case] = Case.objects.for_merchant(shop.id)
    assert (case.kind, case.subject_kind, case.subject_id) == (CaseKind.UNMATCHED, "line", line.id)
    assert case.evidence["claimed_minor"] == 10_00
    assert ("claimed_charge" in case.evidence) is (kind == "charge")
    assert shop.balances() == {}
    assert shop.events() == ["case.opened"]


def test_psp_is_asked_once_whose_a_line_is_however_often_it_is_looked_at(shop: Shop) -> None:
    answered(shop, unheard_of(shop, "charge"))

    assert [close_line_cases() for _ in range(2)] == [1, 1]

    assert PspCall.objects.for_merchant(shop.id).filter(operation="look_up").count() == 1
    assert len(shop.cases()) == 1


def test_case_of_a_line_ends_once_the_reconciliation_has_explained_it(shop: Shop) -> None:
    line = unheard_of(shop, "charge")
    answered(shop, line)
    line.resolved_at = clock.now()
    line.save(update_fields=["resolved_at"])

    close_line_cases()

    assert Case.objects.for_merchant(shop.id).get().ending == "proven"
    assert shop.events() == ["case.opened", "case.resolved"]


def test_line_of_a_charge_that_was_booked_meanwhile_is_left_to_the_next_run(shop: Shop) -> None:
    intent = shop.pays(10_00)
    line = line_of(shop)
    before = shop.balances()

    assert answered(shop, line)

    assert (shop.cases(), shop.balances()) == ([], before)
    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED


def test_line_of_more_than_a_charge_took_is_put_before_a_person_with_its_payment(shop: Shop) -> None:
    intent = shop.pays(10_00)
    attempt = shop.attempt(intent)
    before = shop.balances()

    line = missing_line(
        shop, "charge", gross=7_00, reference="ch_3second", order_reference=attempt.psp_reference
    )

    assert not answered(shop, line)
    [case] = Case.objects.for_merchant(shop.id)
    assert (case.subject_kind, case.payment_intent_id) == ("line", intent.id)
    assert shop.balances() == before


def test_line_of_a_payment_that_was_voided_contradicts(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    shop.cancels(intent)
    attempt = shop.attempt(intent)

    answered(
        shop,
        missing_line(
            shop, "charge", gross=10_00, reference="ch_3nobody", order_reference=attempt.psp_reference
        ),
    )

    assert [(kind, about) for kind, about, _ in shop.cases()] == [("contradiction", "attempt")]
    assert shop.attempt(intent).status == "voided"


def test_line_against_a_charge_that_we_gave_up_is_a_contradiction_with_its_evidence(shop: Shop) -> None:
    shop.psp.fails("error_before_booking")
    intent = shop.pays(10_00)
    look_after(11)
    look_after(63)
    attempt = shop.attempt(intent)
    attempt.psp_reference = "pi_given_up"
    attempt.save(update_fields=["psp_reference"])

    statement(shop, row("charge", "10.00", "0.00", "10.00", reference="ch_given_up", intent="pi_given_up"))

    assert [(kind, about) for kind, about, _ in shop.cases()] == [("contradiction", "attempt")]
    assert shop.attempt(intent).status == AttemptStatus.NOT_SENT
    evidence = gather_evidence(merchant_id=shop.id, kind="attempt", subject_id=attempt.id)
    assert [found.reference for found in evidence.lines] == ["ch_given_up"]
    assert evidence.suggestion.verdict == "happened"


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


def test_line_of_another_merchants_account_finds_nothing(shop: Shop, psp: ScriptedPsp) -> None:
    shop.psp.fails("error_after_booking")
    intent = shop.pays(10_00)
    reference, charge = names_at_psp(shop)
    other = open_shop(psp, name="Coffee shop")
    line = missing_line(
        other,
        "charge",
        gross=10_00,
        reference=charge,
        order_reference=reference,
        psp_account=shop.account.public_id,
    )

    assert not answered(other, line)

    assert shop.attempt(intent).status == "unknown"
    assert [(kind, about) for kind, about, _ in other.cases()] == [("unmatched", "line")]
