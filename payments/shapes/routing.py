"""Rule sets, experiments, decisions and PSP accounts as the API shows them. Ours: Stripe has no such objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from foundation.clock import to_timestamp
from foundation.ids import encode_id
from payments.models import PspAccount, RoutingDecision, RoutingExperiment, RoutingRule, RoutingRuleSet
from payments.routing.costs import CostEntry
from payments.shapes.ids import public


def rule_set_shape(rule_set: RoutingRuleSet, rules: Sequence[RoutingRule]) -> dict[str, Any]:
    """rules: in their order."""
    return {
        "id": rule_set.public_id,
        "object": "routing.rule_set",
        "activated_at": _instant(rule_set.activated_at),
        "approved_at": _instant(rule_set.approved_at),
        "content_hash": rule_set.content_hash,
        "created": to_timestamp(rule_set.created_at),
        "name": rule_set.name,
        "note": rule_set.note or None,
        "retired_at": _instant(rule_set.retired_at),
        "rules": [_rule_shape(rule) for rule in rules],
        "status": rule_set.status,
        "weights": {"authorization": 100, "cost": 100, "latency": 0} | rule_set.weights,
    }


def _rule_shape(rule: RoutingRule) -> dict[str, Any]:
    return {
        "object": "routing.rule",
        "name": rule.name,
        "conditions": rule.conditions,
        "only": rule.only,
        "targets": [
            {"psp_account": _account(target["psp_account"]), "weight": target.get("weight")}
            for target in rule.targets
        ],
    }


def experiment_shape(
    experiment: RoutingExperiment, results: Sequence[Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    """results: of the arms, on the page of one experiment; a list of many leaves them out."""
    return {
        "id": experiment.public_id,
        "object": "routing.experiment",
        "arms": [
            {
                "name": arm["name"],
                "psp_account": _account(arm["psp_account"]),
                "weight": arm.get("weight", 1),
            }
            for arm in experiment.arms
        ],
        "conditions": experiment.conditions,
        "confidence_bps": experiment.confidence_bps,
        "created": to_timestamp(experiment.created_at),
        "guardrail_bps": experiment.guardrail_bps,
        "hypothesis": experiment.hypothesis or None,
        "minimum_difference_bps": experiment.minimum_difference_bps,
        "name": experiment.name,
        "results": None if results is None else list(results),
        "started_at": _instant(experiment.started_at),
        "status": experiment.status,
        "sticky": experiment.is_sticky,
        "stop_reason": experiment.stop_reason or None,
        "stopped_at": _instant(experiment.stopped_at),
    }


def decision_shape(decision: RoutingDecision) -> dict[str, Any]:
    return {
        "id": decision.public_id,
        "object": "routing.decision",
        "amount": decision.amount_minor,
        "arm": decision.arm or None,
        "charge": public("ch", decision.attempt_id),
        "considered": [
            {
                "psp_account": _account(one["id"]),
                "rank": one["rank"],
                "reason": one["reason"],
                "authorization_bps": one["rate_bps"],
                "cost_bps": one["cost_bps"],
                "latency_ms": one["latency_ms"],
            }
            for one in decision.considered
        ],
        "created": to_timestamp(decision.created_at),
        "currency": decision.currency,
        "experiment": public("rex", decision.experiment_id),
        "failover": decision.is_failover,
        "payment_intent": public("pi", decision.payment_intent_id),
        "psp_account": public("psp", decision.psp_account_id),
        "reason": decision.reason,
        "rule": decision.rule or None,
        "rule_set": public("rrs", decision.rule_set_id),
        "try": decision.ordinal,
    }


def psp_account_shape(account: PspAccount, *, costs: Sequence[CostEntry], webhook_url: str) -> dict[str, Any]:
    """Never a secret: they are written, and read by nobody."""
    return {
        "id": account.public_id,
        "object": "psp_account",
        "active": account.is_active,
        "base_url": account.base_url or None,
        "cost_model": [
            {
                "bps": entry.bps,
                "fixed": entry.fixed_minor,
                "currency": entry.currency or None,
                "brand": entry.brand or None,
                "country": entry.country or None,
            }
            for entry in costs
        ],
        "created": to_timestamp(account.created_at),
        "currencies": account.currencies,
        "deadline_seconds": account.deadline_seconds,
        "manual_capture": account.manual_capture,
        "name": account.name,
        "payment_method_types": account.payment_method_types,
        "priority": account.priority,
        "psp": account.psp,
        "webhook_url": webhook_url,
    }


def _account(text: str) -> str:
    return encode_id("psp", UUID(text))


def _instant(at: datetime | None) -> int | None:
    return to_timestamp(at) if at else None
