"""Scores: how often an account's payments of a kind were authorized lately, and how long it took. Pure.

Old outcomes weigh less, by half for each half-life. A narrow segment (currency, brand, country, funding) with few
outcomes leans on the account's currency, that on the account, and that on a common start: nobody is judged by three
payments, and an account that nobody used for a while is tried again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from payments.routing.facts import PaymentFacts

START_RATE = 0.90
LEAN = 50.0
"""So many outcomes of the wider segment stand beside those of the narrower one."""
HALF_LIFE_SECONDS = 86_400
HORIZON_SECONDS = 7 * 86_400

Segment = tuple[str, str, str, str]
"""currency, brand, country, funding"""


@dataclass(frozen=True, slots=True)
class Tally:
    """Decayed counts of outcomes; latency_ms: sum over the `tried` that took time."""

    tried: float = 0.0
    authorized: float = 0.0
    latency_ms: float = 0.0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.tried + other.tried, self.authorized + other.authorized, self.latency_ms + other.latency_ms
        )


@dataclass(frozen=True, slots=True)
class Score:
    """rate_bps: expected share of authorizations. outcomes: decayed count it rests on in its own segment."""

    rate_bps: int
    outcomes: int
    latency_ms: int | None


@dataclass(frozen=True)
class Scores:
    """tallies: by account and segment, as read from the recorded outcomes."""

    tallies: Mapping[tuple[UUID, Segment], Tally] = field(default_factory=dict)
    _wider: Mapping[tuple[UUID, str], Tally] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        wider: dict[tuple[UUID, str], Tally] = {}
        for (account_id, segment), tally in self.tallies.items():
            for currency in (segment[0], ""):
                wider[account_id, currency] = wider.get((account_id, currency), Tally()) + tally
        object.__setattr__(self, "_wider", wider)

    def of(self, account_id: UUID, facts: PaymentFacts) -> Score:
        segment = (facts.currency, facts.brand, facts.country, facts.funding)
        own = self.tallies.get((account_id, segment), Tally())
        currency = self._wider.get((account_id, facts.currency), Tally())
        whole = self._wider.get((account_id, ""), Tally())
        rate = START_RATE
        for tally in (whole, currency, own):
            rate = (tally.authorized + LEAN * rate) / (tally.tried + LEAN)
        slowest_known = next((tally for tally in (own, currency, whole) if tally.tried >= 1), None)
        latency = round(slowest_known.latency_ms / slowest_known.tried) if slowest_known else None
        return Score(round(rate * 10_000), round(own.tried), latency)


def decay(age_seconds: float) -> float:
    """What an outcome of that age still weighs."""
    return float(0.5 ** (max(age_seconds, 0.0) / HALF_LIFE_SECONDS))
