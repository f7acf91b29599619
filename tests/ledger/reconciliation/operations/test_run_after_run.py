"""Run after run: each opens with what the one before closed with, and looks only at what is new and what is open."""

from __future__ import annotations

from datetime import timedelta

import pytest

from foundation.context import acting
from foundation.money import Money
from foundation.tenancy.models import Merchant
from ledger.models import OpenItem, ReconciliationBreak, ReconciliationRun
from ledger.reconciliation.operations.approve_write_off import approve_write_off
from ledger.reconciliation.operations.explain_break import explain_break
from ledger.reconciliation.operations.request_write_off import request_write_off
from ledger.steps import Line
from tests.ledger.books import NOON, post, reverse
from tests.ledger.reconciliation.settlements import (
    CLEARING,
    PAYOUT_KIND,
    TRANSIT,
    Reported,
    captured,
    charge_row,
    imported,
    late_fee,
    one_break,
    open_kinds,
    paid_out,
    refunded,
    report,
    run,
    statement_of,
    ties_of,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
USD = ("psp", "usd")


def written_off(found: ReconciliationBreak) -> None:
    with acting(actor="staff:ada"):
        request_write_off(merchant_id=found.merchant_id, break_id=found.id, reason="Never explained.")
    with acting(actor="staff:bob"):
        approve_write_off(
            merchant_id=found.merchant_id,
            break_id=found.id,
            amount_minor=found.amount_minor,
            currency=found.currency,
        )


def test_a_run_opens_with_what_the_one_before_closed_with(merchant: Merchant) -> None:
    captured(merchant.id, 1)
    statement_of(merchant.id, charge_row(1))
    first = run(merchant.id, as_of_at=NOON + DAY)
    captured(merchant.id, 2, at=NOON + 2 * DAY)
    statement_of(merchant.id, charge_row(2, at=NOON + 2 * DAY), charge_row(3, at=NOON + 2 * DAY))

    second = run(merchant.id, as_of_at=NOON + 3 * DAY)

    assert ties_of(first) == {USD: (0, 941, 0, 941, 0, 941, 0, 0)}
    assert ties_of(second) == {USD: (941, 941, 941, 2823, 941, 1882, 0, 0)}
    assert (second.follows_id, second.is_full, second.ties_out) == (first.id, False, True)


def test_an_old_break_that_ends_moves_no_figure_of_the_run_after(merchant: Merchant) -> None:
    captured(merchant.id, 1)
    statement_of(merchant.id, charge_row(1), charge_row(2))
    run(merchant.id, as_of_at=NOON + DAY)
    captured(merchant.id, 2)

    after = run(merchant.id, as_of_at=NOON + 2 * DAY)

    assert ties_of(after) == {USD: (1882, 0, 0, 1882, 0, 1882, 0, 0)}
    assert (after.breaks_resolved, after.breaks_open) == (1, 0)


def test_a_line_that_comes_late_counts_in_the_run_that_first_sees_it(merchant: Merchant) -> None:
    captured(merchant.id, 1)
    captured(merchant.id, 2)
    statement_of(merchant.id, charge_row(1))
    run(merchant.id, as_of_at=NOON + DAY)
    statement_of(merchant.id, charge_row(2))

    after = run(merchant.id, as_of_at=NOON + 2 * DAY)

    assert ties_of(after) == {USD: (941, 941, 0, 1882, 0, 1882, 0, 0)}


def test_a_past_day_is_told_the_same_again(merchant: Merchant) -> None:
    for number in range(4):
        captured(merchant.id, number, at=NOON + number * DAY)
    statement_of(merchant.id, *(charge_row(number, at=NOON + number * DAY) for number in (0, 1, 3, 7)))
    nights = [run(merchant.id, as_of_at=NOON + number * DAY + DAY / 2) for number in range(4)]

    again = [run(merchant.id, as_of_at=night.as_of_at) for night in nights]

    assert [ties_of(done) for done in again] == [ties_of(night) for night in nights]
    assert all(done.ties_out for done in again)
    assert [done.follows_id for done in again[1:]] == [done.id for done in again[:-1]]


def test_a_first_statement_of_an_account_looks_at_everything(merchant: Merchant) -> None:
    captured(merchant.id, 1)
    paid_out(merchant.id, 1, 941)
    statement_of(merchant.id, charge_row(1))
    run(merchant.id)
    run(merchant.id)
    assert OpenItem.objects.for_merchant(merchant.id).count() == 1

    bank = (
        b"<Document><BkToCstmrStmt><Stmt><Ntry><Amt Ccy='USD'>9.41</Amt><CdtDbtInd>CRDT</CdtDbtInd>"
        b"<Sts>BOOK</Sts><BookgDt><Dt>2026-11-21</Dt></BookgDt><AddtlNtryInf>STRIPE po_100</AddtlNtryInf>"
        b"</Ntry></Stmt></BkToCstmrStmt></Document>"
    )
    imported(merchant.id, bank, "camt053")
    done = run(merchant.id)

    assert (done.is_full, done.matched, done.breaks_open, done.ties_out) == (True, 1, 0, True)


def test_open_items_that_were_lost_make_the_next_run_look_at_everything(merchant: Merchant) -> None:
    captured(merchant.id, 1)
    captured(merchant.id, 2, at=NOON + DAY)
    statement_of(merchant.id, charge_row(1))
    run(merchant.id)
    OpenItem.objects.for_merchant(merchant.id).delete()
    statement_of(merchant.id, charge_row(2, at=NOON + DAY))

    done = run(merchant.id)

    assert (done.is_full, done.matched, done.breaks_open) == (True, 1, 0)


def test_a_written_off_difference_of_several_entries_stays_ended(merchant: Merchant) -> None:
    captured(merchant.id, 1, fee=0)
    late_fee(merchant.id, 1, 59)
    statement_of(merchant.id, charge_row(1, fee="0.70", net="9.30"))
    run(merchant.id)
    found = one_break(merchant.id)
    assert (found.kind, found.book_minor, found.amount_minor, found.entry_count) == (
        "fee_differs",
        941,
        -11,
        2,
    )

    written_off(found)
    after = run(merchant.id, is_full=True)

    assert (after.breaks_open, after.breaks_opened, after.ties_out) == (0, 0, True)


def test_a_break_without_a_difference_in_money_ends_when_it_is_explained(merchant: Merchant) -> None:
    captured(merchant.id, 1)
    statement_of(merchant.id, charge_row(1, gross="10.05", fee="0.64"))
    run(merchant.id)
    found = one_break(merchant.id)
    assert (found.kind, found.amount_minor) == ("amount_differs", 0)

    explain_break(merchant_id=merchant.id, break_id=found.id, explanation="Both are 5 cents more.")
    after = [run(merchant.id), run(merchant.id, is_full=True)]

    assert [(done.breaks_open, done.breaks_opened, done.ties_out) for done in after] == [(0, 0, True)] * 2


def test_captures_in_parts_with_fees_booked_apart_match_by_their_total(merchant: Merchant) -> None:
    for number, gross in ((1, 400), (2, 600)):
        captured_part(merchant, number, gross)
    for part in (1, 2):
        late_fee(merchant.id, 1, 10, part=part)
    statement_of(
        merchant.id,
        charge_row(1, txn="txn_a", gross="4.00", fee="0.12", net="3.88"),
        charge_row(1, txn="txn_b", gross="6.00", fee="0.08", net="5.92"),
    )

    done = run(merchant.id)

    assert (done.matched, done.breaks_open, done.ties_out) == (2, 0, True)


def captured_part(merchant: Merchant, number: int, gross: int) -> None:
    post(
        merchant_id=merchant.id,
        reference=f"part:{number}",
        lines=[Line(CLEARING, Money(gross, "usd")), Line("income/sales", Money(-gross, "usd"))],
        kind="payment_captured",
        external_reference="ch_1",
    )


def test_a_payout_that_came_back_before_it_arrived_is_no_break(merchant: Merchant) -> None:
    captured(merchant.id, 1)
    sent = paid_out(merchant.id, 1, 941)
    reverse(merchant_id=merchant.id, entry_id=sent, reference="returned:1")
    paid = Reported("txn_2", "po_100", "-9.41", "0.00", "-9.41", category="payout")
    statement_of(merchant.id, charge_row(1))
    imported(
        merchant.id,
        report(paid, paid.but(txn="txn_3", gross="9.41", net="9.41", category="payout_failure")),
        "stripe_payout_list",
    )
    post(
        merchant_id=merchant.id,
        reference="other",
        lines=[Line(TRANSIT, Money(5, "usd")), Line(CLEARING, Money(-5, "usd"))],
        kind=PAYOUT_KIND,
        external_reference="po_2",
    )

    done = run(merchant.id)

    assert open_kinds(merchant.id) == [("missing_at_psp", "po_2")]
    assert done.ties_out


def test_a_wrong_bank_statement_does_not_tie_out_until_its_lost_line_comes(merchant: Merchant) -> None:
    paid_out(merchant.id, 1, 941)
    paid_out(merchant.id, 2, 59)
    imported(merchant.id, stated(("9.41", "po_100")), "camt053")

    short = run(merchant.id)
    imported(merchant.id, stated(("9.41", "po_100"), ("0.59", "po_200")), "camt053")
    whole = run(merchant.id)

    assert (short.ties_out, ties_of(short)["bank", "usd"][-1]) == (False, 59)
    assert (whole.ties_out, whole.breaks_open) == (True, 0)


def stated(*entries: tuple[str, str]) -> bytes:
    """A camt.053 that says 1.00 before and 11.00 after, whatever its entries add up to."""
    balances = "".join(
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='USD'>{amount}</Amt>"
        "<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-21</Dt></Dt></Bal>"
        for code, amount in (("OPBD", "1.00"), ("CLBD", "11.00"))
    )
    booked = "".join(
        f"<Ntry><Amt Ccy='USD'>{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>"
        f"<BookgDt><Dt>2026-11-21</Dt></BookgDt><AddtlNtryInf>STRIPE {payout}</AddtlNtryInf></Ntry>"
        for amount, payout in entries
    )
    return f"<Document><BkToCstmrStmt><Stmt>{balances}{booked}</Stmt></BkToCstmrStmt></Document>".encode()


def test_a_refund_beside_its_charge_and_an_empty_night_change_nothing(merchant: Merchant) -> None:
    captured(merchant.id, 1)
    refunded(merchant.id, 1)
    statement_of(
        merchant.id,
        charge_row(1),
        Reported("txn_2", "re_1", "-10.00", "0.00", "-10.00", category="refund"),
    )
    run(merchant.id, as_of_at=NOON + DAY)

    empty = run(merchant.id, as_of_at=NOON + 2 * DAY)

    assert ties_of(empty) == {USD: (-59, 0, 0, -59, 0, -59, 0, 0)}
    assert (empty.is_full, empty.matched) == (False, 0)
    assert ReconciliationRun.objects.for_merchant(merchant.id).count() == 2
