"""Whatever is booked, told, ended and run in between: a run that looks at what is new finds what one that looks at
everything finds, and every account ties out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.context import acting
from foundation.errors import DomainError
from foundation.tenancy.models import Merchant
from ledger.models import ReconciliationMatch
from ledger.reconciliation.operations.approve_write_off import approve_write_off
from ledger.reconciliation.operations.explain_break import explain_break
from ledger.reconciliation.operations.request_write_off import request_write_off
from ledger.reconciliation.queries.breaks import list_open_breaks
from tests.ledger.books import NOON, reverse
from tests.ledger.reconciliation.settlements import (
    captured,
    charge_row,
    entry_of,
    late_fee,
    open_kinds,
    paid_out,
    refunded,
    report,
    run,
    ties_of,
)
from tests.ledger.reconciliation.settlements import imported as import_file

# Few names and few days, so that lines and entries meet, repeat and come late.
names = st.integers(min_value=1, max_value=4)
days = st.integers(min_value=0, max_value=6)
fees = st.sampled_from(["0.59", "0.70"])
currencies = st.sampled_from(["usd", "usd", "usd", "eur", "xts"])

moves = st.one_of(
    st.tuples(st.just("capture"), names, days, st.sampled_from([0, 59])),
    st.tuples(st.just("fee"), names),
    st.tuples(st.just("refund"), names),
    st.tuples(st.just("reverse"), names),
    st.tuples(st.just("payout"), names, days),
    st.tuples(
        st.just("lines"), st.lists(st.tuples(names, names, days, fees, currencies), min_size=1, max_size=3)
    ),
    st.tuples(st.just("payout_lines"), names, days),
    st.tuples(st.just("end"), names),
    st.tuples(st.just("reconcile"), days),
)


# Ids differ between the two shops.
ORDER = (
    "kind",
    "reference",
    "currency",
    "amount_minor",
    "line__line_key",
    "line__occurrence",
    "entry__reference",
)


class Shop:
    """The same moves in the books of one merchant. is_full: every run looks at everything."""

    def __init__(self, name: str, *, is_full: bool) -> None:
        self.merchant_id = Merchant.objects.create(name=name, default_currency="usd").id
        self.is_full = is_full
        self.told: list[Any] = []
        self.moves = 0

    def make(self, move: tuple[Any, ...]) -> None:
        self.moves += 1
        getattr(self, move[0])(*move[1:])

    def capture(self, number: int, day: int, fee: int) -> None:
        try:
            captured(self.merchant_id, number, fee=fee, at=on(day))
        except DomainError as refusal:
            assert refusal.code == "ledger_reference_reused"

    def fee(self, number: int) -> None:
        late_fee(self.merchant_id, number, 59)

    def refund(self, number: int) -> None:
        refunded(self.merchant_id, number)

    def payout(self, number: int, day: int) -> None:
        try:
            paid_out(self.merchant_id, number, 941, at=on(day))
        except DomainError as refusal:
            assert refusal.code == "ledger_reference_reused"

    def reverse(self, number: int) -> None:
        try:
            entry = entry_of(self.merchant_id, f"capture:{number}")
            reverse(merchant_id=self.merchant_id, entry_id=entry.id, reference=f"undo:{number}")
        except Exception as refusal:
            assert type(refusal).__name__ in ("DoesNotExist", "EntryAlreadyReversed")

    def lines(self, rows: list[tuple[int, int, int, str, str]]) -> None:
        told = [
            charge_row(
                number,
                txn=f"txn_{number}_{twin}",
                fee=fee,
                net="9.41" if fee == "0.59" else "9.30",
                at=on(day),
                currency=currency,
            )
            for number, twin, day, fee, currency in rows
        ]
        import_file(self.merchant_id, report(*told))

    def payout_lines(self, number: int, day: int) -> None:
        row = charge_row(
            number,
            txn=f"txn_po_{number}",
            source=f"po_{number}00",
            gross="-9.41",
            fee="0.00",
            net="-9.41",
            category="payout",
            at=on(day),
        )
        import_file(self.merchant_id, report(row), "stripe_payout_list")

    def end(self, place: int) -> None:
        """Write one open break off, or explain it when there is nothing to write off."""
        found = list(list_open_breaks(self.merchant_id).order_by(*ORDER))
        if not found:
            return
        chosen = found[place % len(found)]
        named = {"merchant_id": self.merchant_id, "break_id": chosen.id}
        try:
            with acting(actor="staff:ada"):
                request_write_off(**named, reason="Small")
        except DomainError as refusal:
            assert refusal.code == "reconciliation_write_off_impossible"
            explain_break(**named, explanation="So it is")
            return
        with acting(actor="staff:bob"):
            approve_write_off(**named, amount_minor=chosen.amount_minor, currency=chosen.currency)

    def reconcile(self, day: int) -> None:
        done = run(self.merchant_id, as_of_at=on(day), is_full=self.is_full)
        assert done.ties_out
        self.told.append(
            (done.matched, done.breaks_open, done.breaks_opened, done.breaks_resolved, ties_of(done))
        )

    @property
    def rules(self) -> list[tuple[str, str, str]]:
        rows = ReconciliationMatch.objects.for_merchant(self.merchant_id)
        return sorted(rows.values_list("line__line_key", "entry__reference", "rule"))


def on(day: int) -> datetime:
    return NOON + timedelta(days=day)


@pytest.mark.django_db(transaction=True)
@settings(max_examples=60, deadline=None)
@given(sequence=st.lists(moves, min_size=4, max_size=16))
def test_runs_over_what_is_new_find_what_runs_over_everything_find(sequence: list[tuple[Any, ...]]) -> None:
    new, everything = Shop("New", is_full=False), Shop("Everything", is_full=True)

    for move in [*sequence, ("reconcile", 9)]:
        new.make(move)
        everything.make(move)

    assert new.told == everything.told
    assert open_kinds(new.merchant_id) == open_kinds(everything.merchant_id)
    assert new.rules == everything.rules
