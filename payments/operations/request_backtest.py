"""Try a rule set on the decisions of the past; a job does it, in slices."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from foundation import clock
from foundation.context import current
from foundation.jobs.staging import stage_job
from foundation.transactions import owns_transaction
from payments.errors import RoutingRulesInvalid
from payments.models import RoutingBacktest
from payments.queries.routing import find_backtest, get_rule_set


@owns_transaction
def request_backtest(
    *,
    merchant_id: UUID,
    backtest_id: UUID,
    rule_set_id: UUID,
    starts_at: datetime,
    ends_at: datetime | None = None,
) -> RoutingBacktest:
    """Of the decisions made from starts_at until ends_at (now when None, and never later).

    backtest_id: chosen by the caller, such as a form's one-time key.
    Raises: ResourceMissing, RoutingRulesInvalid (an empty time). Writes: the back-test, a job.
    Safe to repeat: by the id.
    """
    existing = find_backtest(merchant_id=merchant_id, backtest_id=backtest_id)
    if existing is not None:
        return existing
    rule_set = get_rule_set(merchant_id=merchant_id, rule_set_id=rule_set_id)
    now = clock.now()
    until = min(ends_at or now, now)
    if until <= starts_at:
        raise RoutingRulesInvalid("The time to try the rules on is empty.", param="starts_at")
    backtest = RoutingBacktest(
        id=backtest_id,
        merchant_id=merchant_id,
        rule_set=rule_set,
        content_hash=rule_set.content_hash,
        starts_at=starts_at,
        ends_at=until,
        requested_by=current().actor[:150],
    )
    backtest.save(force_insert=True)
    stage_job(
        "payments.run_backtest",
        {"merchant_id": str(merchant_id), "backtest_id": str(backtest.id)},
        merchant_id=merchant_id,
    )
    return backtest
