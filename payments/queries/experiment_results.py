"""What an experiment found so far: outcomes, cost and latency of each arm, and their course over time.

Everybody counts once, by their first decision: a customer of a sticky experiment who buys ten times is one throw of
the dice, not ten, and so is a payment that is confirmed three times. Who is still undecided is told, not counted.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from payments.models import RoutingExperiment
from payments.routing.results import ArmResult
from payments.routing.statistics import Count, Mean

# Authorized as in roll_routing_scores. Cost: what the PSP kept, else what its cost model expects.
_FIRST = """
WITH first AS (
    SELECT DISTINCT ON (experiment_unit) experiment_unit, arm, attempt_id, psp_account_id, created_at, considered
    FROM payments_routingdecision
    WHERE merchant_id = %(merchant)s AND experiment_id = %(experiment)s
    ORDER BY experiment_unit, id
), seen AS (
    SELECT first.arm, first.created_at, attempt.latency_ms::float8 AS latency_ms,
           attempt.status IN ('authorized', 'partially_captured', 'succeeded', 'returned')
           OR attempt.authorization_expires_at IS NOT NULL AS is_authorized,
           attempt.status = 'declined' AS is_declined,
           attempt.status = 'not_sent' AS is_unsent,
           CASE WHEN attempt.fee_minor > 0 AND attempt.amount_captured_minor > 0
                THEN attempt.fee_minor * 10000.0::float8 / attempt.amount_captured_minor
                ELSE (first.considered -> 0 ->> 'cost_bps')::float8 END AS cost_bps
    FROM first JOIN payments_paymentattempt AS attempt
      ON attempt.id = first.attempt_id AND attempt.merchant_id = %(merchant)s
)
"""
_ARMS = (
    _FIRST
    + """
SELECT arm, count(*) FILTER (WHERE is_authorized OR is_declined), count(*) FILTER (WHERE is_authorized),
       count(*) FILTER (WHERE is_unsent),
       count(*) FILTER (WHERE NOT (is_authorized OR is_declined OR is_unsent)),
       count(cost_bps) FILTER (WHERE is_authorized), sum(cost_bps) FILTER (WHERE is_authorized),
       sum(cost_bps * cost_bps) FILTER (WHERE is_authorized),
       count(latency_ms), sum(latency_ms), sum(latency_ms * latency_ms),
       percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_ms)
FROM seen GROUP BY arm
"""
)
_COURSE = (
    _FIRST
    + """
SELECT arm, least(width_bucket(extract(epoch FROM created_at), %(from)s, %(to)s, %(points)s), %(points)s) AS point,
       count(*) FILTER (WHERE is_authorized OR is_declined), count(*) FILTER (WHERE is_authorized)
FROM seen GROUP BY arm, point ORDER BY arm, point
"""
)
POINTS = 40


def read_arm_results(experiment: RoutingExperiment) -> list[ArmResult]:
    """In the experiment's order, an arm nobody was drawn into included."""
    rows = {row[0]: row for row in _rows(_ARMS, _parameters(experiment))}
    return [_result(arm["name"], rows.get(arm["name"])) for arm in experiment.arms]


def read_course(experiment: RoutingExperiment, *, until: datetime) -> dict[str, list[tuple[int, Count]]]:
    """By arm: the count up to each of POINTS points of the time from its start, where anything had happened."""
    if experiment.started_at is None:
        return {}
    start, end = experiment.started_at.timestamp(), until.timestamp()
    parameters = {
        **_parameters(experiment),
        "from": start,
        "to": max(end, start + 1),
        "points": POINTS,
    }
    course: dict[str, list[tuple[int, Count]]] = {arm["name"]: [] for arm in experiment.arms}
    for name, point, tried, authorized in _rows(_COURSE, parameters):
        line = course[name]
        before = line[-1][1] if line else Count(0, 0)
        line.append((point, Count(before.tried + tried, before.authorized + authorized)))
    return course


def _parameters(experiment: RoutingExperiment) -> dict[str, UUID]:
    return {"merchant": experiment.merchant_id, "experiment": experiment.id}


def _rows(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def _result(name: str, row: tuple[Any, ...] | None) -> ArmResult:
    if row is None:
        return ArmResult(name, Count(0, 0), 0, 0, Mean(0, 0, 0), Mean(0, 0, 0), None)
    return ArmResult(
        name=name,
        outcomes=Count(row[1], row[2]),
        unsent=row[3],
        undecided=row[4],
        cost_bps=Mean(row[5], row[6] or 0, row[7] or 0),
        latency_ms=Mean(row[8], row[9] or 0, row[10] or 0),
        latency_p95_ms=row[11],
    )
