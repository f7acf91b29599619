"""Writing off takes two people, posts one entry and ends the break; refusals leave no trace."""

from __future__ import annotations

import pytest

from foundation.context import acting
from foundation.tenancy.models import Merchant
from ledger.models import JournalEntry, ReconciliationBreak
from ledger.queries.balances import get_balance
from ledger.reconciliation.errors import BreakNotOpen, MatchImpossible, TwoPeopleNeeded, WriteOffImpossible
from ledger.reconciliation.operations.approve_write_off import approve_write_off
from ledger.reconciliation.operations.explain_break import explain_break
from ledger.reconciliation.operations.match_by_hand import match_by_hand
from ledger.reconciliation.operations.refuse_write_off import refuse_write_off
from ledger.reconciliation.operations.request_write_off import request_write_off
from ledger.reconciliation.queries.breaks import get_break
from tests.ledger.books import NOON
from tests.ledger.reconciliation.settlements import (
    CLEARING,
    captured,
    charge_row,
    one_break,
    run,
    statement_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def missing(merchant: Merchant) -> ReconciliationBreak:
    """9.41 USD that the PSP has and we do not."""
    captured(merchant.id, 1)
    statement_of(merchant.id, charge_row(1), charge_row(2))
    run(merchant.id)
    return one_break(merchant.id)


def ask(found: ReconciliationBreak, by: str = "ada") -> ReconciliationBreak:
    with acting(actor=f"staff:{by}"):
        return request_write_off(merchant_id=found.merchant_id, break_id=found.id, reason="Never explained.")


def approve(found: ReconciliationBreak, by: str, amount_minor: int = 941) -> ReconciliationBreak:
    with acting(actor=f"staff:{by}"):
        return approve_write_off(
            merchant_id=found.merchant_id, break_id=found.id, amount_minor=amount_minor, currency="usd"
        )


def test_two_people_write_off_and_the_books_follow_the_psp(missing: ReconciliationBreak) -> None:
    ask(missing)

    ended = approve(missing, by="bob")

    assert (ended.status, ended.write_off_requested_by, ended.write_off_decided_by) == (
        "written_off",
        "staff:ada",
        "staff:bob",
    )
    assert get_balance(missing.merchant_id, CLEARING, "usd").net_debit.amount_minor == 1882
    after = run(missing.merchant_id)
    assert (after.breaks_open, after.ties_out) == (0, True)


@pytest.mark.parametrize("actor", ["staff:ada", "api_key:1", "job:ledger.reconcile", "system"])
def test_nobody_but_another_person_approves(missing: ReconciliationBreak, actor: str) -> None:
    ask(missing)
    entries = JournalEntry.objects.for_merchant(missing.merchant_id).count()

    with acting(actor=actor), pytest.raises(TwoPeopleNeeded):
        approve_write_off(
            merchant_id=missing.merchant_id, break_id=missing.id, amount_minor=941, currency="usd"
        )

    assert JournalEntry.objects.for_merchant(missing.merchant_id).count() == entries
    assert get_break(missing.merchant_id, missing.id).status == "write_off_requested"


def test_a_machine_does_not_ask_for_a_write_off(missing: ReconciliationBreak) -> None:
    with acting(actor="api_key:1"), pytest.raises(TwoPeopleNeeded):
        request_write_off(merchant_id=missing.merchant_id, break_id=missing.id, reason="So it is.")


def test_an_approval_of_another_amount_is_refused(missing: ReconciliationBreak) -> None:
    ask(missing)

    with pytest.raises(BreakNotOpen):
        approve(missing, by="bob", amount_minor=942)

    assert get_break(missing.merchant_id, missing.id).write_off_entry_id is None


def test_a_refused_write_off_leaves_the_break_open(missing: ReconciliationBreak) -> None:
    ask(missing)

    with acting(actor="staff:bob"):
        refuse_write_off(merchant_id=missing.merchant_id, break_id=missing.id)

    found = get_break(missing.merchant_id, missing.id)
    assert (found.status, found.is_open) == ("open", True)


def test_what_resolved_itself_is_not_written_off(missing: ReconciliationBreak) -> None:
    ask(missing)
    captured(missing.merchant_id, 2)
    run(missing.merchant_id)

    with pytest.raises(BreakNotOpen):
        approve(missing, by="bob")


def test_a_currency_nobody_knows_cannot_be_written_off(merchant: Merchant) -> None:
    captured(merchant.id, 1)
    statement_of(merchant.id, charge_row(1), charge_row(2, currency="zzz"))
    run(merchant.id)

    with pytest.raises(WriteOffImpossible):
        ask(one_break(merchant.id))


def test_an_explained_break_stays_open_and_a_late_one_ends(merchant: Merchant) -> None:
    captured(merchant.id, 1)
    captured(merchant.id, 2)
    statement_of(merchant.id, charge_row(1, at=NOON.replace(month=12)), charge_row(2, fee="0.60", net="9.40"))
    run(merchant.id)

    for found in ReconciliationBreak.objects.for_merchant(merchant.id):
        explain_break(merchant_id=merchant.id, break_id=found.id, explanation="The PSP said so.")

    ended = {found.kind: found.is_open for found in ReconciliationBreak.objects.for_merchant(merchant.id)}
    assert ended == {"late": False, "fee_differs": True}


def test_two_breaks_that_are_one_movement_match_by_hand(merchant: Merchant) -> None:
    captured(merchant.id, 1)
    statement_of(merchant.id, charge_row(1, source="ch_elsewhere"))
    run(merchant.id)
    us, psp = ReconciliationBreak.objects.for_merchant(merchant.id).order_by("kind")

    match_by_hand(merchant_id=merchant.id, break_id=us.id, other_break_id=psp.id)

    after = run(merchant.id)
    assert (after.breaks_open, after.ties_out) == (0, True)


def test_a_break_does_not_match_itself(missing: ReconciliationBreak) -> None:
    with pytest.raises(MatchImpossible):
        match_by_hand(merchant_id=missing.merchant_id, break_id=missing.id, other_break_id=missing.id)
