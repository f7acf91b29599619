"""Whatever is posted, reversed, held, settled, exchanged, adjusted, closed and opened again: the books sum to zero and
equal a replay, now and as of any instant.

Each example keeps its own books in plain Python beside the ledger's and compares them at the end; snapshots
are rolled at random moments in between.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation import clock
from foundation.context import acting
from foundation.errors import DomainError
from foundation.ids import new_id
from foundation.money import Money
from foundation.tenancy.models import Merchant
from ledger.models import AccountingPeriod
from ledger.operations.approve_adjustment import approve_adjustment
from ledger.operations.reopen_period import reopen_period
from ledger.operations.request_reversal import request_reversal
from ledger.operations.roll_snapshots import roll_snapshots
from ledger.queries.balances import list_accounts_with_balances, list_balances_as_of
from ledger.queries.trial_balance import get_trial_balance
from ledger.steps import Conversion, Line
from tests.ledger.books import (
    CLEARING,
    NOON,
    SALES,
    closed,
    entry,
    exchange,
    hold,
    open_account,
    own_checks,
    post,
    post_all,
    release,
    reverse,
    settle,
)

WALLET = "liabilities/wallet"
PATHS = [CLEARING, SALES, "expenses/psp_fees", "income/refunds", WALLET]
Balances = Counter[tuple[str, str]]

# Months before the present ones, in which most entries of these books are dated.
MONTHS = 6
START = datetime(2024, 1, 1, tzinfo=UTC)
EVER = datetime.max.replace(tzinfo=UTC)

amounts = st.integers(min_value=1, max_value=10**12)
places = st.integers(min_value=0, max_value=50)


@st.composite
def lines(draw: st.DrawFn) -> list[Line]:
    """Two to four lines in each of one or two currencies, the last of which balances the others."""
    drawn = []
    for currency in draw(st.sampled_from([["usd"], ["eur"], ["usd", "jpy"]])):
        parts = [
            draw(amounts) * draw(st.sampled_from([1, -1]))
            for _ in range(draw(st.integers(min_value=1, max_value=3)))
        ]
        if sum(parts) == 0:
            parts.append(1)
        drawn += [Line(draw(st.sampled_from(PATHS)), Money(part, currency)) for part in [*parts, -sum(parts)]]
    return drawn


moves = st.one_of(
    st.tuples(st.just("post"), lines()),
    st.tuples(st.just("post_many"), st.lists(lines(), min_size=1, max_size=4)),
    st.tuples(st.just("repeat"), places),
    st.tuples(st.just("reverse"), places),
    st.tuples(st.just("hold"), amounts),
    st.tuples(st.just("settle"), places, amounts, st.booleans()),
    st.tuples(st.just("release"), places, st.booleans()),
    st.tuples(st.just("roll")),
    st.tuples(st.just("post_on"), st.integers(min_value=0, max_value=MONTHS), lines()),
    st.tuples(st.just("close"), st.integers(min_value=1, max_value=MONTHS)),
    st.tuples(st.just("reopen")),
    st.tuples(st.just("exchange"), amounts),
    st.tuples(st.just("adjust"), places),
)


@dataclass
class Books:
    """The ledger under test and what plain arithmetic says it should hold."""

    merchant_id: UUID
    expected: Balances = field(default_factory=Counter)
    entries: list[tuple[str, UUID, list[Line]]] = field(default_factory=list)
    reversed: set[UUID] = field(default_factory=set)
    holds: list[str] = field(default_factory=list)
    remaining: dict[str, int] = field(default_factory=dict)
    moves: int = 0
    dated: list[tuple[datetime, list[Line]]] = field(default_factory=list)
    periods: list[AccountingPeriod] = field(default_factory=list)
    known: list[tuple[datetime, int]] = field(default_factory=list)
    """After each move: the instant, and how many entries had been counted."""

    def make(self, move: tuple[Any, ...]) -> None:
        self.moves += 1
        getattr(self, move[0])(*move[1:])
        self.known.append((clock.now(), len(self.dated)))

    def count(self, moved: list[Line], at: datetime = NOON) -> None:
        self.dated.append((at, moved))
        for line in moved:
            self.expected[line.path, line.amount.currency] += line.amount.amount_minor

    def post(self, moved: list[Line]) -> None:
        reference = f"entry:{self.moves}"
        try:
            posted = post(merchant_id=self.merchant_id, reference=reference, lines=moved)
        except DomainError as refusal:
            assert refusal.code == "ledger_account_below_zero"
            assert self.wallet_after(moved) < 0
            return
        assert self.wallet_after(moved) >= 0 or not self.lowers_wallet(moved)
        self.entries.append((reference, posted.id, moved))
        self.count(moved)

    def post_many(self, many: list[list[Line]]) -> None:
        batch = [entry(f"batch:{self.moves}:{n}", moved) for n, moved in enumerate(many)]
        try:
            posted = post_all(merchant_id=self.merchant_id, entries=batch)
        except DomainError as refusal:
            assert refusal.code == "ledger_account_below_zero"
            return
        for told, done in zip(batch, posted, strict=True):
            self.entries.append((told.reference, done.id, list(told.lines)))
            self.count(list(told.lines))

    def repeat(self, place: int) -> None:
        if self.entries:
            reference, entry_id, moved = self.entries[place % len(self.entries)]
            again = post(merchant_id=self.merchant_id, reference=reference, lines=moved)
            assert (again.id, again.is_new) == (entry_id, False)

    def reverse(self, place: int) -> None:
        if not self.entries:
            return
        _, entry_id, moved = self.entries[place % len(self.entries)]
        opposite = [Line(line.path, -line.amount) for line in moved]
        try:
            reverse(merchant_id=self.merchant_id, entry_id=entry_id, reference=f"reversal:{self.moves}")
        except DomainError as refusal:
            was_reversed = entry_id in self.reversed
            assert refusal.code in ("ledger_entry_already_reversed", "ledger_account_below_zero")
            assert was_reversed or self.wallet_after(opposite) < 0
            return
        assert entry_id not in self.reversed
        self.reversed.add(entry_id)
        self.count(opposite)

    def hold(self, amount_minor: int) -> None:
        reference = f"hold:{self.moves}"
        hold(merchant_id=self.merchant_id, reference=reference, amount_minor=amount_minor)
        self.holds.append(reference)
        self.remaining[reference] = amount_minor

    def settle(self, place: int, amount_minor: int, is_final: bool) -> None:
        if not self.holds:
            return
        reference = self.holds[place % len(self.holds)]
        said: dict[str, Any] = {
            "merchant_id": self.merchant_id,
            "hold_reference": reference,
            "is_final": is_final,
        }
        remaining = self.remaining[reference]
        try:
            held = settle(**said, reference=f"settlement:{self.moves}", amount_minor=amount_minor)
        except DomainError as refusal:
            assert refusal.code == "ledger_hold_exceeded"
            assert amount_minor > remaining
            return
        self.remaining[reference] = 0 if is_final else remaining - amount_minor
        assert held.remaining.amount_minor == self.remaining[reference]
        assert settle(**said, reference=f"settlement:{self.moves}", amount_minor=amount_minor) == held

    def release(self, place: int, is_expired: bool) -> None:
        if self.holds:
            reference = self.holds[place % len(self.holds)]
            release(merchant_id=self.merchant_id, hold_reference=reference, is_expired=is_expired)
            self.remaining[reference] = 0

    def roll(self) -> None:
        roll_snapshots(min_postings=1)

    def post_on(self, month: int, moved: list[Line]) -> None:
        at = month_start(month)
        reference = f"dated:{self.moves}"
        is_closed = bool(self.periods) and at < self.periods[-1].ends_at
        try:
            post(merchant_id=self.merchant_id, reference=reference, lines=moved, effective_at=at)
        except DomainError as refusal:
            expected = "ledger_period_closed" if is_closed else "ledger_account_below_zero"
            assert refusal.code == expected
            return
        assert not is_closed
        self.count(moved, at)

    def close(self, month: int) -> None:
        ends_at = month_start(month)
        if self.periods and self.periods[-1].ends_at >= ends_at:
            return
        self.periods.append(closed(self.merchant_id, ends_at))

    def reopen(self) -> None:
        if self.periods:
            period = self.periods.pop()
            with acting(actor="staff:bob"):
                reopen_period(merchant_id=self.merchant_id, period_id=period.id, reason="Late news")

    def exchange(self, amount_minor: int) -> None:
        sold, bought = Money(amount_minor, "eur"), Money(2 * amount_minor, "usd")
        moved = [Line(CLEARING, -sold), Line(CLEARING, bought)]
        conversion = Conversion(sold, bought, Decimal(2), "test", NOON)
        exchange(
            merchant_id=self.merchant_id,
            reference=f"exchange:{self.moves}",
            lines=moved,
            conversions=[conversion],
        )
        path = "equity/fx/eur_usd"
        self.count([*moved, Line(path, sold), Line(path, -bought)])

    def adjust(self, place: int) -> None:
        """Ask for a reversal by hand and approve it: as the reversal, but by two people."""
        if not self.entries:
            return
        _, entry_id, moved = self.entries[place % len(self.entries)]
        opposite = [Line(line.path, -line.amount) for line in moved]
        try:
            reverse_by_hand(self.merchant_id, entry_id)
        except DomainError as refusal:
            assert refusal.code in ("ledger_entry_already_reversed", "ledger_account_below_zero")
            assert entry_id in self.reversed or self.wallet_after(opposite) < 0
            return
        self.reversed.add(entry_id)
        self.count(opposite)

    def replay(self, until: datetime, *, entries: int | None = None) -> Balances:
        """What the entries dated by then come to. entries: of the first so many, as far as the books knew then."""
        total: Balances = Counter()
        for at, moved in self.dated[:entries]:
            for line in moved:
                total[line.path, line.amount.currency] += line.amount.amount_minor if at <= until else 0
        return Counter({name: sum_ for name, sum_ in total.items() if sum_})

    def lowers_wallet(self, moved: list[Line]) -> bool:
        return any(
            line.path == WALLET and line.amount.currency == "usd" and line.amount.amount_minor > 0
            for line in moved
        )

    def wallet_after(self, moved: list[Line]) -> int:
        """The guarded account's balance, credit positive, if these lines were posted."""
        change = sum(
            line.amount.amount_minor
            for line in moved
            if line.path == WALLET and line.amount.currency == "usd"
        )
        return -(self.expected[WALLET, "usd"] + change)


def month_start(month: int) -> datetime:
    return START + timedelta(days=31 * month)


def reverse_by_hand(merchant_id: UUID, entry_id: UUID) -> None:
    with acting(actor="staff:ada"):
        asked = request_reversal(
            merchant_id=merchant_id,
            adjustment_id=new_id(),
            entry_id=entry_id,
            effective_at=NOON,
            reason="Wrong shop",
        )
    with acting(actor="staff:bob"):
        approve_adjustment(
            merchant_id=merchant_id, adjustment_id=asked.id, parameters_hash=asked.parameters_hash
        )


def stood_at(
    merchant_id: UUID, at: datetime | None, *, recorded_at: datetime | None = None
) -> dict[tuple[str, str], int]:
    balances = list_balances_as_of(merchant_id, effective_at=at, recorded_at=recorded_at)
    return {
        (a.path, a.currency): a.net_debit.amount_minor
        for a in balances
        if a.net_debit.amount_minor and not a.path.startswith("memo/")
    }


# The connection is the test's own through all examples; the merchant is new in each.
@pytest.mark.django_db(transaction=True)
@settings(max_examples=60, deadline=None)
@given(sequence=st.lists(moves, min_size=1, max_size=14))
def test_any_sequence_leaves_books_that_sum_to_zero_and_equal_a_replay(
    sequence: list[tuple[Any, ...]],
) -> None:
    merchant = Merchant.objects.create(name="Any sequence", default_currency="usd")
    open_account(merchant_id=merchant.id, path=WALLET, never_negative=True)
    books = Books(merchant.id)

    for move in sequence:
        books.make(move)

    found = {
        (a.path, a.currency): a.net_debit.amount_minor
        for a in list_accounts_with_balances(merchant.id)
        if not a.path.startswith("memo/") and a.net_debit.amount_minor
    }
    held = sum(books.remaining.values())
    memo = {a.path: a.balance.amount_minor for a in list_accounts_with_balances(merchant.id, below="memo")}
    assert found == {name: total for name, total in books.expected.items() if total}
    assert all(balance == held for balance in memo.values())
    for month in range(MONTHS + 1):
        for at in (month_start(month), month_start(month) - timedelta(microseconds=1)):
            assert stood_at(merchant.id, at) == books.replay(at)
            assert get_trial_balance(merchant.id, effective_at=at).is_balanced
    for recorded_at, entries in books.known:
        assert stood_at(merchant.id, None, recorded_at=recorded_at) == books.replay(EVER, entries=entries)
        halfway = month_start(MONTHS // 2)
        assert stood_at(merchant.id, halfway, recorded_at=recorded_at) == books.replay(
            halfway, entries=entries
        )
    assert get_trial_balance(merchant.id).is_balanced
    assert own_checks(merchant.id).differences == []
