"""Choose a PSP account. Pure: facts in, a decision out, with a reason for every account.

Eligible accounts first; then the first rule that holds, the arm of an experiment, the scores, and last the accounts'
own order. Each step orders what the step before left equal, so that the accounts not chosen are the order of failover.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from uuid import UUID

from payments.errors import PspNotConfigured
from payments.routing.costs import expected_cost_bps
from payments.routing.experiments import Arm, Experiment
from payments.routing.facts import Account, Candidate, Health, PaymentFacts
from payments.routing.hashing import draw
from payments.routing.rules import MOST_TARGETS, Rule, RuleSet, Target, Weights
from payments.routing.scores import Scores

PREFERRED, NAMED, STANDBY = range(3)
# Behind every account that may stand by, each of which has a place of its own.
OTHERS = STANDBY + MOST_TARGETS
TRIED = "tried just now"


@dataclass(frozen=True, slots=True)
class Ranked:
    """An account and why it stands where it stands; rank 0 is the chosen one, None can not take the payment."""

    candidate: Candidate
    rank: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """psp_account_id: the chosen account. reason: why, in words for people. alternatives: in the order of failover.
    considered: every account, the chosen one first, those that can not take the payment last.
    rule: the name of the rule that held. arm: the payment's arm when it takes part in the experiment."""

    psp_account_id: UUID
    reason: str
    alternatives: tuple[UUID, ...]
    considered: tuple[Ranked, ...]
    rule: str = ""
    experiment: Experiment | None = None
    arm: Arm | None = None


def choose_psp(
    *,
    facts: PaymentFacts,
    accounts: Sequence[Account],
    accounts_with_token: AbstractSet[UUID],
    health: Mapping[UUID, Health] | None = None,
    rules: RuleSet | None = None,
    experiment: Experiment | None = None,
    scores: Scores | None = None,
    tried: AbstractSet[UUID] = frozenset(),
) -> Decision:
    """The account that takes this try of a payment.

    accounts_with_token: those that hold a token of the payment method; no other can charge it. health: accounts that
    are missing from it are well. tried: the accounts that refused this payment just now.
    Raises PspNotConfigured when no account can take it."""
    candidates = [
        assess(account, facts, accounts_with_token, (health or {}).get(account.id), scores, tried)
        for account in accounts
    ]
    return choose_among(facts=facts, candidates=candidates, rules=rules, experiment=experiment)


def assess(
    account: Account,
    facts: PaymentFacts,
    accounts_with_token: AbstractSet[UUID],
    health: Health | None,
    scores: Scores | None,
    tried: AbstractSet[UUID],
) -> Candidate:
    """Whether an account can take the payment, and what is to be expected of it."""
    score = scores.of(account.id, facts) if scores is not None else None
    return Candidate(
        id=account.id,
        name=account.name,
        priority=account.priority,
        refusal=_refusal(account, facts, accounts_with_token, tried),
        outage=health.reason or "no reason given" if health is not None and not health.is_available else "",
        rate_bps=score.rate_bps if score else None,
        cost_bps=expected_cost_bps(
            account.costs,
            amount_minor=facts.amount_minor,
            brand=facts.brand,
            country=facts.country,
            currency=facts.currency,
        ),
        latency_ms=score.latency_ms if score else None,
    )


def choose_among(
    *,
    facts: PaymentFacts,
    candidates: Sequence[Candidate],
    rules: RuleSet | None = None,
    experiment: Experiment | None = None,
) -> Decision:
    """As choose_psp, among accounts that were assessed already: what a back-test calls with a recorded decision.

    Raises PspNotConfigured."""
    eligible = _eligible(candidates)
    rule = rules.first_match(facts, {one.id for one in eligible}) if rules is not None else None
    if rule is not None and rule.only:
        named = {target.psp_account_id for target in rule.targets}
        eligible = [candidate for candidate in eligible if candidate.id in named]
    chosen_from = {candidate.id for candidate in eligible}
    barred = [
        Ranked(candidate, None, _bar(candidate, rule))
        for candidate in candidates
        if candidate.id not in chosen_from
    ]
    if not eligible:
        raise PspNotConfigured(_nobody(facts, barred))
    places = _places(rule, eligible, facts)
    arm = _arm(experiment, facts, eligible, places)
    weights = rules.weights if rules is not None else None

    def order(candidate: Candidate) -> tuple[int, bool, int, int, UUID]:
        return (
            places[candidate.id],
            arm is not None and arm.psp_account_id != candidate.id,
            -value_bps(candidate, weights),
            candidate.priority,
            candidate.id,
        )

    ranked = [
        Ranked(candidate, rank, _why(candidate, rule, places, arm, weights))
        for rank, candidate in enumerate(sorted(eligible, key=order))
    ]
    best = ranked[0]
    return Decision(
        psp_account_id=best.candidate.id,
        reason=f"{best.candidate.name}: {best.reason}, of {len(ranked)} eligible",
        alternatives=tuple(one.candidate.id for one in ranked[1:]),
        considered=(*ranked, *barred),
        rule=rule.name if rule is not None else "",
        experiment=experiment if arm is not None else None,
        arm=arm,
    )


def value_bps(candidate: Candidate, weights: Weights | None) -> int:
    """What the account is worth for this payment, in basis points of its amount; 0 for all without active rules.

    An account without a cost model costs nothing in it: a model on some accounts only compares apples with pears."""
    if weights is None:
        return 0
    return (
        (candidate.rate_bps or 0) * weights.authorization // 100
        - (candidate.cost_bps or 0) * weights.cost // 100
        - (candidate.latency_ms or 0) * weights.latency // 1_000
    )


def _refusal(
    account: Account,
    facts: PaymentFacts,
    accounts_with_token: AbstractSet[UUID],
    tried: AbstractSet[UUID],
) -> str:
    if not account.is_active:
        return "switched off"
    if account.currencies and facts.currency not in account.currencies:
        return f"does not take {facts.currency.upper()}"
    for types in (account.method_types, account.supported_types):
        if types and facts.method_type not in types:
            return f"does not take {facts.method_type}"
    if facts.capture_method == "manual" and not account.can_hold:
        return "can not hold an amount for a later capture"
    if account.id not in accounts_with_token:
        return "has no token of this payment method"
    if account.id in tried:
        return TRIED
    return ""


def _eligible(candidates: Sequence[Candidate]) -> list[Candidate]:
    able = [candidate for candidate in candidates if not candidate.refusal]
    well = [candidate for candidate in able if not candidate.outage]
    if well or any(candidate.refusal == TRIED for candidate in candidates):
        return well
    # Nobody is well: a first try goes where it would have gone. The guard there turns it away without harm, or lets it
    # through to see whether the PSP is back.
    return able


def _bar(candidate: Candidate, rule: Rule | None) -> str:
    if candidate.refusal:
        return candidate.refusal
    if candidate.outage:
        return f"not available ({candidate.outage})"
    return f"rule “{rule.name}” allows only others" if rule is not None else "not among the eligible"


def _places(rule: Rule | None, eligible: Sequence[Candidate], facts: PaymentFacts) -> dict[UUID, int]:
    if rule is None:
        return {candidate.id: PREFERRED for candidate in eligible}
    present = {candidate.id for candidate in eligible}
    named = [target for target in rule.targets if target.psp_account_id in present]
    places = {candidate.id: OTHERS for candidate in eligible}
    takers = [target for target in named if not target.stands_by]
    standby = [target.psp_account_id for target in named if target.stands_by]
    places |= {account_id: STANDBY + number for number, account_id in enumerate(standby)}
    if not rule.splits:
        return places | {target.psp_account_id: PREFERRED for target in takers}
    return places | {target.psp_account_id: NAMED for target in takers} | _drawn(rule, takers, facts)


def _drawn(rule: Rule, takers: Sequence[Target], facts: PaymentFacts) -> dict[UUID, int]:
    if not takers:
        return {}
    # Drawn among those present: what an account that is away would have taken is shared by weight, not given to one.
    drawn = draw(
        [(target.psp_account_id, target.weight or 1) for target in takers],
        seed=f"split:{rule.name}",
        key=str(facts.payment_id),
    )
    return {drawn: PREFERRED}


def _arm(
    experiment: Experiment | None,
    facts: PaymentFacts,
    eligible: Sequence[Candidate],
    places: Mapping[UUID, int],
) -> Arm | None:
    if experiment is None or not experiment.conditions.hold(facts):
        return None
    # Only a payment that could go to any of the arms takes part: else an arm would be judged by what the others
    # could not have had, and a rule's word or an outage would count as the arm's own.
    best = min(places.values())
    open_to_all = {candidate.id for candidate in eligible if places[candidate.id] == best}
    if not open_to_all >= {arm.psp_account_id for arm in experiment.arms}:
        return None
    return experiment.arm_of(facts)


def _why(
    candidate: Candidate,
    rule: Rule | None,
    places: Mapping[UUID, int],
    arm: Arm | None,
    weights: Weights | None,
) -> str:
    words = []
    if rule is not None and places[candidate.id] != OTHERS:
        words.append(f"rule “{rule.name}”{_part(rule, places[candidate.id])}")
    if arm is not None and arm.psp_account_id == candidate.id:
        words.append(f"arm “{arm.name}”")
    if weights is not None and (candidate.rate_bps is not None or candidate.cost_bps is not None):
        words.append(_expectation(candidate, weights))
    if candidate.outage:
        words.append(f"nobody is available, it neither ({candidate.outage})")
    return ", ".join([*words, f"priority {candidate.priority}"])


def _part(rule: Rule, place: int) -> str:
    if place >= STANDBY:
        return " (stands by)"
    return " (its share)" if rule.splits and place == PREFERRED else ""


def _expectation(candidate: Candidate, weights: Weights) -> str:
    rate = f"{(candidate.rate_bps or 0) / 100:.1f} % authorized"
    cost = f" at {candidate.cost_bps} bps" if candidate.cost_bps is not None else ""
    return f"value {value_bps(candidate, weights)} ({rate}{cost})"


def _nobody(facts: PaymentFacts, barred: Sequence[Ranked]) -> str:
    sentence = f"No active PSP account can charge this payment method in {facts.currency}."
    reasons = "; ".join(f"{one.candidate.name}: {one.reason}" for one in barred[:10])
    return f"{sentence} ({reasons})" if reasons else sentence
