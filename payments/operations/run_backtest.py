"""One slice of a back-test: choose again for recorded decisions, and keep those that come out otherwise."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from foundation import clock
from foundation.jobs.registry import RunAgain
from foundation.transactions import owns_transaction
from payments.errors import PspNotConfigured
from payments.locks import lock_backtest
from payments.models import RoutingBacktest, RoutingBacktestChange, RoutingDecision
from payments.queries.routing_state import read_rules, read_running_experiment
from payments.routing.choose import choose_among
from payments.routing.facts import Candidate, PaymentFacts
from payments.routing.rules import RuleSet

SLICE = 1_000


@owns_transaction
def run_backtest(*, merchant_id: UUID, backtest_id: UUID, slice_size: int = SLICE) -> RunAgain | None:
    """The next decisions; RunAgain while there are more.

    Every decision is made anew from what it kept: facts, which accounts could take it, what was expected of them then,
    and the experiment that it was part of. Accounts that did not exist then are not known to it.
    Raises: ResourceMissing. Writes: the back-test, its changes.
    Safe to repeat: a slice and its position are one transaction; what is done is not looked at again.
    """
    backtest = lock_backtest(merchant_id=merchant_id, backtest_id=backtest_id)
    if backtest.status != RoutingBacktest.Status.RUNNING:
        return None
    rules = read_rules(merchant_id, backtest.rule_set_id)
    if backtest.rule_set.content_hash != backtest.content_hash:
        # The draft was rewritten meanwhile: half of these rules and half of those would say nothing.
        _end(backtest, RoutingBacktest.lapse)
        return None
    decisions = _following(backtest, slice_size)
    changes = [change for decision in decisions if (change := _change(backtest, decision, rules)) is not None]
    RoutingBacktestChange.across_merchants.bulk_create(changes)
    backtest.looked_at += len(decisions)
    backtest.changed += len(changes)
    if len(decisions) < slice_size:
        _end(backtest, RoutingBacktest.finish)
        return None
    backtest.position = decisions[-1].id
    backtest.save(update_fields=["looked_at", "changed", "position"])
    return RunAgain(after_seconds=0)


def _end(backtest: RoutingBacktest, arrow: Callable[[RoutingBacktest], None]) -> None:
    arrow(backtest)
    backtest.finished_at = clock.now()
    backtest.save(update_fields=["looked_at", "changed", "status", "finished_at"])


def _following(backtest: RoutingBacktest, most: int) -> list[RoutingDecision]:
    rows = RoutingDecision.objects.for_merchant(backtest.merchant_id).filter(
        created_at__gte=backtest.starts_at, created_at__lt=backtest.ends_at
    )
    if backtest.position is not None:
        rows = rows.filter(id__gt=backtest.position)
    return list(rows.order_by("id")[:most])


def _change(
    backtest: RoutingBacktest, decision: RoutingDecision, rules: RuleSet
) -> RoutingBacktestChange | None:
    chosen_id: UUID | None
    experiment_id = decision.experiment_id
    try:
        chosen = choose_among(
            facts=PaymentFacts.from_json(decision.facts),
            candidates=[Candidate.from_json(kept) for kept in decision.considered],
            rules=rules,
            experiment=read_running_experiment(backtest.merchant_id, experiment_id)
            if experiment_id
            else None,
        )
        chosen_id, reason = chosen.psp_account_id, chosen.reason
    except PspNotConfigured as refusal:
        chosen_id, reason = None, refusal.text
    if chosen_id == decision.psp_account_id:
        return None
    return RoutingBacktestChange(
        merchant_id=backtest.merchant_id,
        backtest=backtest,
        decision=decision,
        from_account_id=decision.psp_account_id,
        to_account_id=chosen_id,
        amount_minor=decision.amount_minor,
        currency=decision.currency,
        reason=reason[:500],
    )
