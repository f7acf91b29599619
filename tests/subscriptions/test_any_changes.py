"""Any sequence of plan, seat, pause, trial and anchor changes: no second is billed twice, nothing comes back twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from foundation.ids import new_id
from subscriptions.periods import Cycle, Interval
from subscriptions.proration import Basis, Charge, Credit, Debit, Ruler, credit_debit, prorate_charge


@dataclass
class Billed:
    """A subscription of one item as its lines tell it."""

    cycle: Cycle
    basis: Basis
    now: datetime
    amount: int
    debits: dict[object, Debit] = field(default_factory=dict)
    credits: list[Credit] = field(default_factory=list)
    is_paused: bool = False

    def charge(self) -> None:
        if self.is_paused or self.now < self.cycle.anchor:
            return
        ruler = Ruler.of(self.cycle, self.now, self.basis)
        line = prorate_charge(Charge("item", Fraction(self.amount), ruler), self.now)
        paid = Debit(new_id(), line.amount_minor, line.start, line.end, ruler)
        self.debits[paid.id] = paid

    def give_back(self) -> None:
        for key, paid in list(self.debits.items()):
            credit = credit_debit(paid, self.now)
            if credit is not None:
                self.credits.append(credit)
                self.debits[key] = paid.cut(credit)

    def wait(self, seconds: int) -> None:
        """Time passes, renewing at every boundary on the way."""
        until = self.now + timedelta(seconds=seconds)
        while (boundary := self.cycle.next_boundary(self.now)) <= until:
            self.now = boundary
            self.charge()
        self.now = until

    def act(self, kind: str, value: int) -> None:
        self.give_back()
        if kind == "price":
            self.amount = value
        elif kind == "anchor":
            self.cycle = Cycle(self.now, self.cycle.interval, self.cycle.count, self.cycle.zone)
        elif kind == "interval":
            interval = list(Interval)[value % 4]
            self.cycle = Cycle(self.now, interval, 1 + value % 3, self.cycle.zone)
        elif kind == "trial":
            trial_end = self.now + timedelta(seconds=1 + value)
            self.cycle = Cycle(trial_end, self.cycle.interval, self.cycle.count, self.cycle.zone)
        elif kind == "pause":
            self.is_paused = True
        elif kind == "resume":
            self.is_paused = False
        self.charge()


changes = st.tuples(
    st.sampled_from(["price", "anchor", "interval", "trial", "pause", "resume"]),
    st.integers(0, 5_000_000),
    st.integers(0, 90 * 86_400),
)


@given(
    anchor=st.datetimes(datetime(2023, 1, 1), datetime(2025, 1, 1), timezones=st.just(UTC)),
    zone=st.sampled_from(["UTC", "America/New_York", "Europe/Berlin"]),
    basis=st.sampled_from(Basis),
    amount=st.integers(0, 1_000_000),
    steps=st.lists(changes, max_size=12),
)
def test_each_second_is_billed_at_most_once_and_credits_never_exceed_their_debit(
    anchor: datetime, zone: str, basis: Basis, amount: int, steps: list[tuple[str, int, int]]
) -> None:
    billed = Billed(Cycle(anchor.replace(microsecond=0), Interval.MONTH, 1, zone), basis, anchor, amount)
    billed.now = billed.cycle.anchor
    billed.charge()

    for kind, value, seconds in steps:
        billed.wait(seconds)
        billed.act(kind, value)

    covered = sorted((paid.start, paid.covered_until) for paid in billed.debits.values())
    assert all(one[1] <= other[0] for one, other in pairwise(covered))
    for paid in billed.debits.values():
        back = [credit.amount_minor for credit in billed.credits if credit.debit_id == paid.id]
        assert all(amount <= 0 for amount in back)
        assert -sum(back) == paid.credited_minor <= paid.amount_minor


@given(
    amount=st.integers(0, 10_000_000),
    seconds=st.lists(st.integers(0, 30 * 86_400), min_size=1, max_size=8),
    basis=st.sampled_from(Basis),
)
def test_any_order_of_cuts_gives_back_at_most_the_debit(
    amount: int, seconds: list[int], basis: Basis
) -> None:
    # Backdated changes cut earlier than those before them.
    cycle = Cycle(datetime(2026, 6, 1, tzinfo=UTC), Interval.MONTH)
    ruler = Ruler.of(cycle, cycle.anchor, basis)
    paid = Debit(new_id(), amount, ruler.period.start, ruler.period.end, ruler)

    for offset in seconds:
        credit = credit_debit(paid, cycle.anchor + timedelta(seconds=offset))
        if credit is not None:
            paid = paid.cut(credit)

    assert 0 <= paid.credited_minor <= amount
