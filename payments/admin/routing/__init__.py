"""Routing in the back office: rules by two people, experiments with their numbers, decisions with their reasons."""

from payments.admin.routing import backtests, decisions, experiments, rule_sets

__all__ = ["backtests", "decisions", "experiments", "rule_sets"]
