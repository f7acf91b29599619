"""Reconciling: what is equal is matched, and every difference is a break of its kind, and nothing else is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from foundation.events.models import Event
from foundation.tenancy.models import Merchant
from ledger.models import ReconciliationBreak, ReconciliationMatch, ReconciliationTie
from tests.ledger.books import NOON
from tests.ledger.books import reverse as reverse_entry
from tests.ledger.reconciliation.settlements import (
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
)

pytestmark = pytest.mark.django_db


def rules(merchant: Merchant) -> list[str]:
    return sorted(ReconciliationMatch.objects.for_merchant(merchant.id).values_list("rule", flat=True))


def test_equal_books_match_whole_and_tie_out(merchant: Merchant) -> None:
    captured(merchant.id, 1)
    refunded(merchant.id, 1)
    statement_of(
        merchant.id,
        charge_row(1),
        Reported("txn_2", "re_1", "-10.00", "0.00", "-10.00", category="refund"),
    )

    done = run(merchant.id)

    assert (done.matched, done.breaks_open, done.ties_out) == (2, 0, True)
    assert rules(merchant) == ["reference", "reference"]
    tie = ReconciliationTie.objects.for_merchant(merchant.id).get(run=done)
    assert (tie.closing_minor, tie.book_minor, tie.matched_minor, tie.difference_minor) == (-59, -59, -59, 0)


def test_a_second_run_changes_nothing(merchant: Merchant) -> None:
    captured(merchant.id, 1)
    statement_of(merchant.id, charge_row(1), charge_row(9))
    run(merchant.id)

    again = run(merchant.id)

    assert (again.matched, again.breaks_opened, again.breaks_resolved, again.breaks_open) == (0, 0, 0, 1)
    assert again.ties_out


# What the PSP reports of ten equal captures when one thing is wrong, and the break it has to become.
PLANTED = {
    "missing_at_psp": lambda rows: rows[:4] + rows[5:],
    "missing_at_us": lambda rows: [*rows, charge_row(99)],
    "amount_differs": lambda rows: [*rows[:4], rows[4].but(gross="10.78", net="10.19"), *rows[5:]],
    "fee_differs": lambda rows: [*rows[:4], rows[4].but(fee="0.74", net="9.26"), *rows[5:]],
    "duplicate": lambda rows: [*rows, rows[4].but(txn="txn_again")],
    "unknown_currency": lambda rows: [*rows[:4], rows[4].but(currency="xts"), *rows[5:]],
    "late": lambda rows: [*rows[:4], rows[4].but(at=NOON + timedelta(days=10)), *rows[5:]],
}


@pytest.mark.parametrize("kind", PLANTED)
def test_one_planted_difference_becomes_one_break_of_its_kind(merchant: Merchant, kind: str) -> None:
    for number in range(10):
        captured(merchant.id, number)
    statement_of(merchant.id, *PLANTED[kind]([charge_row(number) for number in range(10)]))

    done = run(merchant.id)

    reference = "ch_99" if kind == "missing_at_us" else "ch_4"
    assert open_kinds(merchant.id) == [(kind, reference)]
    assert done.ties_out


def test_the_very_same_line_twice_in_one_file_is_a_duplicate(merchant: Merchant) -> None:
    captured(merchant.id, 1)
    statement_of(merchant.id, charge_row(1), charge_row(1))

    run(merchant.id)

    assert open_kinds(merchant.id) == [("duplicate", "ch_1")]


def test_a_line_in_another_currency_we_know_is_one_break_and_both_currencies_tie_out(
    merchant: Merchant,
) -> None:
    captured(merchant.id, 1)
    statement_of(merchant.id, charge_row(1, currency="eur"))

    done = run(merchant.id)

    assert open_kinds(merchant.id) == [("unknown_currency", "ch_1")]
    ties = ReconciliationTie.objects.for_merchant(merchant.id).filter(run=done)
    assert {t.currency: (t.open_breaks_minor, t.difference_minor) for t in ties} == {
        "eur": (941, 0),
        "usd": (-941, 0),
    }


def test_a_capture_and_its_fee_booked_later_match_one_line(merchant: Merchant) -> None:
    captured(merchant.id, 1, fee=0)
    late_fee(merchant.id, 1, 59)
    statement_of(merchant.id, charge_row(1))

    done = run(merchant.id)

    assert (done.matched, done.breaks_open) == (1, 0)
    assert rules(merchant) == ["reference_sum", "reference_sum"]


def test_a_fee_that_was_not_booked_is_a_break_until_it_is(merchant: Merchant) -> None:
    captured(merchant.id, 1, fee=0)
    statement_of(merchant.id, charge_row(1))
    run(merchant.id)
    found = one_break(merchant.id)
    assert (found.kind, found.psp_minor, found.book_minor, found.amount_minor) == (
        "fee_differs",
        941,
        1000,
        -59,
    )

    late_fee(merchant.id, 1, 59)
    after = run(merchant.id)

    assert (after.matched, after.breaks_resolved, after.breaks_open, after.ties_out) == (1, 1, 0, True)
    assert list(Event.objects.for_merchant(merchant.id).values_list("type", flat=True)) == [
        "reconciliation.fee_differs"
    ]


def test_a_missing_line_is_told_once_with_what_the_psp_says(merchant: Merchant) -> None:
    captured(merchant.id, 1)
    statement_of(merchant.id, charge_row(1), charge_row(2, intent="pi_2"))

    run(merchant.id)
    run(merchant.id)

    event = Event.objects.for_merchant(merchant.id).get()
    assert event.type == "reconciliation.missing_at_us"
    assert event.data["line"]["reference"] == "ch_2"
    assert event.data["line"]["order_reference"] == "pi_2"
    assert (event.data["amount"], event.data["currency"], event.data["psp_account"]) == (941, "usd", "psp_1")


def test_what_we_missed_and_booked_since_resolves_its_break(merchant: Merchant) -> None:
    captured(merchant.id, 1)
    statement_of(merchant.id, charge_row(1), charge_row(2))
    run(merchant.id)

    captured(merchant.id, 2)
    after = run(merchant.id)

    assert (after.matched, after.breaks_resolved, after.breaks_open) == (1, 1, 0)
    assert ReconciliationBreak.objects.for_merchant(merchant.id).get().resolved_at is not None


def test_captures_in_parts_pair_by_amount(merchant: Merchant) -> None:
    for number, gross in ((1, 400), (2, 600), (3, 600)):
        captured(merchant.id, number, gross=gross, fee=0)
    rows = [
        Reported(f"txn_{number}", f"ch_{number}", amount, "0.00", amount)
        for number, amount in ((1, "4.00"), (2, "6.00"), (3, "6.00"))
    ]
    statement_of(merchant.id, *rows)

    done = run(merchant.id)

    assert (done.matched, done.breaks_open) == (3, 0)


def test_a_line_that_names_the_payment_matches_by_it(merchant: Merchant) -> None:
    captured(merchant.id, 1)
    statement_of(merchant.id, charge_row(1, source="ch_other", intent="ch_1"))

    done = run(merchant.id)

    assert (done.matched, done.breaks_open) == (1, 0)
    assert rules(merchant) == ["order_reference"]


def test_an_entry_and_its_reversal_that_the_psp_never_saw_are_no_break(merchant: Merchant) -> None:
    captured(merchant.id, 1)
    wrong = captured(merchant.id, 2)
    reverse_entry(merchant_id=merchant.id, entry_id=wrong, reference="undo:2")
    statement_of(merchant.id, charge_row(1))

    done = run(merchant.id)

    assert (done.breaks_open, done.ties_out) == (0, True)


def test_what_happened_after_the_report_is_on_its_way_and_no_break(merchant: Merchant) -> None:
    captured(merchant.id, 1)
    captured(merchant.id, 2, at=NOON + timedelta(days=2))
    statement_of(merchant.id, charge_row(1))

    done = run(merchant.id)

    assert (done.breaks_open, done.ties_out) == (0, True)
    tie = ReconciliationTie.objects.for_merchant(merchant.id).get(run=done)
    assert (tie.book_minor, tie.closing_minor, tie.on_its_way_minor) == (1882, 941, 941)


def test_a_past_day_ties_out_as_it_stood(merchant: Merchant) -> None:
    captured(merchant.id, 1)
    captured(merchant.id, 2, at=NOON + timedelta(days=5))
    statement_of(
        merchant.id, charge_row(1, at=NOON + timedelta(days=1)), charge_row(2, at=NOON + timedelta(days=5))
    )
    run(merchant.id)

    past = run(merchant.id, as_of_at=NOON + timedelta(hours=1))

    tie = ReconciliationTie.objects.for_merchant(merchant.id).get(run=past)
    assert past.ties_out
    assert (tie.closing_minor, tie.book_minor, tie.on_its_way_minor, tie.difference_minor) == (0, 941, 941, 0)


def camt(*entries: tuple[str, str]) -> bytes:
    """(amount, remittance) as a camt.053 of USD."""
    booked = "".join(
        f"<Ntry><Amt Ccy='USD'>{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>"
        f"<BookgDt><Dt>2026-11-21</Dt></BookgDt><AcctSvcrRef>BK{number}</AcctSvcrRef><NtryDtls><TxDtls>"
        f"<RmtInf><Ustrd>{words}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
        for number, (amount, words) in enumerate(entries)
    )
    return f"<Document><BkToCstmrStmt><Stmt><Id>1</Id>{booked}</Stmt></BkToCstmrStmt></Document>".encode()


def test_a_payout_matches_at_the_psp_and_at_the_bank_and_is_told(merchant: Merchant) -> None:
    captured(merchant.id, 1)
    payout = paid_out(merchant.id, 1, 941)
    sent = Reported("txn_2", "po_100", "-9.41", "0.00", "-9.41", category="payout")
    statement_of(merchant.id, charge_row(1), sent)
    imported(merchant.id, camt(("9.41", "STRIPE PAYOUT po_100")), "camt053")

    done = run(merchant.id)

    assert (done.matched, done.breaks_open, done.ties_out) == (3, 0, True)
    ties = {t.source: t for t in ReconciliationTie.objects.for_merchant(merchant.id).filter(run=done)}
    assert (ties["psp"].closing_minor, ties["psp"].book_minor) == (0, 0)
    assert (ties["bank"].closing_minor, ties["bank"].book_minor) == (941, 941)
    event = Event.objects.for_merchant(merchant.id).get()
    assert (event.type, event.object_id) == ("reconciliation.payout_at_bank", payout)
    assert (event.data["reference"], event.data["amount"]) == ("po_100", 941)


def test_a_transfer_without_a_name_matches_by_amount_and_days(merchant: Merchant) -> None:
    paid_out(merchant.id, 1, 941)
    imported(merchant.id, camt(("9.41", "STRIPE PAYOUT")), "camt053")

    done = run(merchant.id)

    assert (done.matched, done.breaks_open, done.ties_out) == (1, 0, True)
    assert rules(merchant) == ["amount_and_days"]


def test_one_transfer_carries_the_payouts_of_a_day(merchant: Merchant) -> None:
    paid_out(merchant.id, 1, 941)
    paid_out(merchant.id, 2, 59)
    imported(merchant.id, camt(("10.00", "PSP BATCH")), "camt053")

    done = run(merchant.id)

    assert (done.matched, done.breaks_open, done.ties_out) == (1, 0, True)
    assert rules(merchant) == ["payout_batch", "payout_batch"]


def test_a_payout_is_due_at_the_bank_when_the_psp_says_so(merchant: Merchant) -> None:
    paid_out(merchant.id, 1, 941)
    listed = (
        "payout_id,effective_at_utc,balance_transaction_id,currency,gross,fee,net,reporting_category,"
        "description,payout_expected_arrival_date\n"
        "po_100,2026-11-20 12:00:00,txn_1,usd,-9.41,0.00,-9.41,payout,STRIPE PAYOUT,2026-11-21 12:00:00\n"
    )
    imported(merchant.id, listed.encode(), "stripe_payout_list")
    imported(merchant.id, camt(("5.00", "SOMETHING ELSE")), "camt053")

    done = run(merchant.id)

    assert open_kinds(merchant.id) == [("missing_at_psp", "po_100"), ("missing_at_us", "")]
    assert done.ties_out


def test_another_merchants_lines_and_entries_stay_apart(merchant: Merchant, other_merchant: Merchant) -> None:
    captured(other_merchant.id, 1)
    statement_of(merchant.id, charge_row(1))

    mine, theirs = run(merchant.id), run(other_merchant.id)

    assert (mine.matched, theirs.matched) == (0, 0)
    assert open_kinds(merchant.id) == [("missing_at_us", "ch_1")]
    assert open_kinds(other_merchant.id) == []


def test_a_report_of_payouts_adds_where_a_known_line_was_paid(merchant: Merchant) -> None:
    captured(merchant.id, 1)
    statement_of(merchant.id, charge_row(1))
    again = imported(merchant.id, report(charge_row(1, payout="po_7")), "stripe_payout").statement

    done = run(merchant.id)

    assert (again.lines_stored, again.lines_known) == (0, 1)
    assert (done.matched, done.breaks_open) == (1, 0)
