"""What a merchant's policy lets the machine decide. Pure: facts in, a verdict with its reason out."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from foundation.money import HALF_EVEN, Money, round_fraction

WARNING_REFUND_SHARE_BPS = 13_500
"""A fraud warning's charge is refunded when it costs at most 1.35 times the fee of the dispute that may follow."""
_BPS = 10_000


@dataclass(frozen=True, slots=True)
class Ruling:
    """applies, and why or why not: one sentence that is shown to people."""

    applies: bool
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceFacts:
    """amount: disputed. limit: in settlement currency, None when there is none. rate: settlement units per unit of
    the amount's currency, both in major units; None when nobody knows it. balance: what the PSPs owe us, settled."""

    amount: Money
    status: str
    limit: Money | None
    rate: Fraction | None
    balance: Money | None
    has_alert: bool
    was_touched: bool


def may_accept_by_rule(facts: AcceptanceFacts) -> Ruling:
    """Strictly below the limit, needs a response, nobody has touched it, no alert running, and the money is there."""
    if facts.limit is None:
        return Ruling(False, "There is no limit for accepting by rule.")
    if facts.status != "needs_response":
        return Ruling(False, "Only a dispute that needs a response is accepted by rule.")
    if facts.was_touched:
        return Ruling(False, "Somebody works on it.")
    if facts.has_alert:
        return Ruling(False, "An alert is running, which may end it without a dispute fee.")
    settled = in_settlement(facts.amount, facts.limit.currency, facts.rate)
    if settled is None:
        return Ruling(False, f"There is no rate from {facts.amount.currency} to {facts.limit.currency}.")
    if settled >= facts.limit:
        return Ruling(False, f"{settled} is not below the limit of {facts.limit}.")
    if facts.balance is not None and facts.balance < settled:
        return Ruling(False, f"The balance of {facts.balance} does not cover {settled}.")
    return Ruling(True, f"{settled} is below the limit of {facts.limit}.")


def in_settlement(amount: Money, currency: str, rate: Fraction | None) -> Money | None:
    """The amount in the settlement currency, half even; None without a rate."""
    if amount.currency == currency:
        return amount
    if rate is None:
        return None
    scale = Fraction(10) ** (Money.zero(currency).exponent - amount.exponent)
    return Money(round_fraction(amount.amount_minor * rate * scale, HALF_EVEN), currency)


def may_refund_warned(charge: Money, dispute_fee: Money) -> Ruling:
    """Whether refunding a charge with an early fraud warning costs less than the dispute it may become."""
    if charge.currency != dispute_fee.currency:
        return Ruling(False, f"The dispute fee is known in {dispute_fee.currency} only.")
    if charge.amount_minor * _BPS <= dispute_fee.amount_minor * WARNING_REFUND_SHARE_BPS:
        return Ruling(True, f"{charge} is at most 1.35 times the dispute fee of {dispute_fee}.")
    return Ruling(False, f"{charge} is more than 1.35 times the dispute fee of {dispute_fee}.")
