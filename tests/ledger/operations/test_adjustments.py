"""Manual adjustments: one person asks, another approves exactly that, and nothing else gets into the books."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from foundation.context import acting
from foundation.errors import DomainError
from foundation.ids import new_id
from foundation.tenancy.models import Merchant
from ledger.errors import (
    AdjustmentAccountRefused,
    AdjustmentDecided,
    AdjustmentDiffers,
    EntryAlreadyReversed,
    EntryMalformed,
    PeriodClosed,
    SecondPersonNeeded,
)
from ledger.models import JournalEntry, ManualAdjustment
from ledger.operations.approve_adjustment import approve_adjustment
from ledger.operations.refuse_adjustment import refuse_adjustment
from ledger.operations.request_adjustment import request_adjustment
from ledger.operations.request_reversal import request_reversal
from ledger.operations.withdraw_adjustment import withdraw_adjustment
from ledger.queries.balances import get_balance
from ledger.queries.entries import get_entry
from ledger.steps import Line
from tests.ledger.books import CLEARING, NOON, captured, closed, own_checks, post, usd
from tests.ledger.test_protection import run

pytestmark = pytest.mark.django_db

FEES = "expenses/psp_fees"
LINES = [Line(FEES, usd(250)), Line(CLEARING, usd(-250))]


def ask(merchant: Merchant, *, by: str = "staff:ada", adjustment_id: UUID | None = None) -> ManualAdjustment:
    with acting(actor=by):
        return request_adjustment(
            merchant_id=merchant.id,
            adjustment_id=adjustment_id or new_id(),
            lines=LINES,
            effective_at=NOON,
            reason="The PSP's fee of October",
        )


def approve(asked: ManualAdjustment, *, by: str = "staff:bob") -> ManualAdjustment:
    with acting(actor=by):
        return approve_adjustment(
            merchant_id=asked.merchant_id, adjustment_id=asked.id, parameters_hash=asked.parameters_hash
        )


def test_what_one_asks_for_another_posts(merchant: Merchant) -> None:
    asked = ask(merchant)
    assert JournalEntry.across_merchants.count() == 0

    approved = approve(asked)

    assert approved.entry_id is not None
    posted = get_entry(merchant.id, approved.entry_id)
    assert (approved.status, approved.requested_by, approved.decided_by) == (
        "posted",
        "staff:ada",
        "staff:bob",
    )
    assert (posted.kind, posted.source_id, posted.effective_at) == ("manual_adjustment", asked.id, NOON)
    assert (posted.description, posted.actor) == ("The PSP's fee of October", "staff:bob")
    assert get_balance(merchant.id, FEES, "usd").balance == usd(250)
    assert own_checks(merchant.id).differences == []


def test_nobody_decides_their_own_request(merchant: Merchant) -> None:
    asked = ask(merchant, by="staff:ada")

    with pytest.raises(SecondPersonNeeded):
        approve(asked, by="staff:ada")
    with acting(actor="staff:ada"), pytest.raises(SecondPersonNeeded):
        refuse_adjustment(merchant_id=merchant.id, adjustment_id=asked.id, note="")

    assert ManualAdjustment.across_merchants.get().status == "requested"
    assert JournalEntry.across_merchants.count() == 0


def test_an_approval_of_something_else_posts_nothing(merchant: Merchant) -> None:
    asked = ask(merchant)

    with acting(actor="staff:bob"), pytest.raises(AdjustmentDiffers):
        approve_adjustment(merchant_id=merchant.id, adjustment_id=asked.id, parameters_hash="0" * 64)

    assert JournalEntry.across_merchants.count() == 0


def test_two_approvals_post_once(merchant: Merchant) -> None:
    asked = ask(merchant)

    first, second = approve(asked), approve(asked, by="staff:eve")

    assert (first.entry_id, second.decided_by) == (second.entry_id, "staff:bob")
    assert JournalEntry.across_merchants.count() == 1


def test_a_refused_and_a_withdrawn_request_stay_so(merchant: Merchant) -> None:
    refused, withdrawn = ask(merchant), ask(merchant)

    with acting(actor="staff:bob"):
        refuse_adjustment(merchant_id=merchant.id, adjustment_id=refused.id, note="No receipt")
        with pytest.raises(SecondPersonNeeded):
            withdraw_adjustment(merchant_id=merchant.id, adjustment_id=withdrawn.id)
    with acting(actor="staff:ada"):
        withdraw_adjustment(merchant_id=merchant.id, adjustment_id=withdrawn.id)

    for decided in (refused, withdrawn):
        with pytest.raises(AdjustmentDecided):
            approve(decided)
    assert JournalEntry.across_merchants.count() == 0


def test_the_same_form_twice_asks_once_and_with_other_words_is_refused(merchant: Merchant) -> None:
    asked = ask(merchant)

    assert ask(merchant, adjustment_id=asked.id) == asked
    with acting(actor="staff:ada"), pytest.raises(AdjustmentDiffers):
        request_adjustment(
            merchant_id=merchant.id,
            adjustment_id=asked.id,
            lines=LINES,
            effective_at=NOON,
            reason="Something else",
        )

    assert ManualAdjustment.across_merchants.count() == 1


@pytest.mark.parametrize(
    ("lines", "refusal"),
    [
        ([Line(FEES, usd(250)), Line(CLEARING, usd(-249))], EntryMalformed),
        (
            [Line("memo/authorized", usd(1)), Line("memo/authorization_contra", usd(-1))],
            AdjustmentAccountRefused,
        ),
        ([Line("equity/fx/eur_usd", usd(1)), Line(CLEARING, usd(-1))], AdjustmentAccountRefused),
    ],
)
def test_what_cannot_be_posted_by_hand_cannot_be_asked_for(
    merchant: Merchant, lines: list[Line], refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        request_adjustment(
            merchant_id=merchant.id, adjustment_id=new_id(), lines=lines, effective_at=NOON, reason="Why not"
        )

    assert ManualAdjustment.across_merchants.count() == 0


def test_an_approval_into_a_closed_period_is_refused_and_the_request_waits(merchant: Merchant) -> None:
    with acting(actor="staff:ada"):
        asked = request_adjustment(
            merchant_id=merchant.id,
            adjustment_id=new_id(),
            lines=LINES,
            effective_at=datetime(2024, 9, 15, tzinfo=UTC),
            reason="The PSP's fee of September",
        )
    closed(merchant.id, datetime(2024, 10, 1, tzinfo=UTC))

    with pytest.raises(PeriodClosed):
        approve(asked)

    assert ManualAdjustment.across_merchants.get().status == "requested"


def test_a_reversal_asked_for_by_hand_undoes_the_entry_once(merchant: Merchant) -> None:
    original = post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    with acting(actor="staff:ada"):
        first, second = (
            request_reversal(
                merchant_id=merchant.id,
                adjustment_id=new_id(),
                entry_id=original.id,
                effective_at=NOON,
                reason="Booked for the wrong shop",
            )
            for _ in range(2)
        )

    approved = approve(first)

    assert approved.entry_id is not None
    assert get_entry(merchant.id, approved.entry_id).reverses_id == original.id
    assert get_balance(merchant.id, CLEARING, "usd").balance == usd(0)
    with pytest.raises(EntryAlreadyReversed):
        approve(second)
    assert own_checks(merchant.id).differences == []


def test_another_merchants_adjustment_is_not_there(merchant: Merchant, other_merchant: Merchant) -> None:
    asked = ask(merchant)

    with acting(actor="staff:bob"), pytest.raises(DomainError, match="No such adjustment"):
        approve_adjustment(
            merchant_id=other_merchant.id, adjustment_id=asked.id, parameters_hash=asked.parameters_hash
        )


@pytest.mark.parametrize(
    "change",
    [
        "lines = '[]'",
        "reason = 'other'",
        "requested_by = 'staff:eve'",
        "status = 'posted', decided_by = requested_by, decided_at = now()",
        "status = 'refused', decided_by = requested_by, decided_at = now()",
    ],
)
def test_postgresql_itself_asks_for_the_second_person_and_keeps_the_question(
    merchant: Merchant, change: str
) -> None:
    ask(merchant)

    with pytest.raises(IntegrityError), transaction.atomic():
        run(f"UPDATE ledger_manualadjustment SET {change}")

    assert ManualAdjustment.across_merchants.get().status == "requested"


def test_a_decided_adjustment_is_history(merchant: Merchant) -> None:
    approve(ask(merchant))

    with pytest.raises(IntegrityError, match="decided"), transaction.atomic():
        run("UPDATE ledger_manualadjustment SET decision_note = 'it was not me'")
