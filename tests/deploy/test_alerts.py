"""The alert rules: readable by Prometheus, about metrics and labels that exist, each with a runbook that exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

from foundation.observability import metrics
from foundation.observability.gauges import registered_gauges

CHECKOUT = Path(__file__).resolve().parent.parent.parent
FILES = sorted((CHECKOUT / "deploy" / "alerts").glob("*.yml"))
RULES = [
    pytest.param(rule, id=rule.get("alert", "unnamed"))
    for file in FILES
    for group in yaml.safe_load(file.read_text())["groups"]
    for rule in group["rules"]
]
DURATION = re.compile(r"\d+[smhd]")


def known_series() -> dict[str, set[str]]:
    """The names that a rule may ask for, with their labels."""
    kept = [one for one in vars(metrics).values() if isinstance(one, MetricWrapperBase)]
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
    counted = {one._name + ending: set(one._labelnames) for one in kept for ending in endings[one._type]}
    return counted | {name: {label} - {""} for name, label in registered_gauges().items()}


def test_there_are_rules() -> None:
    assert RULES


@pytest.mark.parametrize("rule", RULES)
def test_rule_asks_for_metrics_and_labels_that_exist(rule: dict[str, Any]) -> None:
    series = known_series()
    named = re.findall(r"(?:payments|subscriptions)_\w+", rule["expr"])
    labels = {
        label.strip() for listed in re.findall(r"by \(([^)]*)\)", rule["expr"]) for label in listed.split(",")
    } | set(re.findall(r"(\w+)\s*(?:=~|!=|!~|=)\s*\"", rule["expr"]))

    assert named
    assert set(named) <= set(series)
    assert labels <= set.union(*(series[name] for name in named))
    assert rule["expr"].count("(") == rule["expr"].count(")")


@pytest.mark.parametrize("rule", RULES)
def test_rule_says_how_urgent_it_is_what_it_means_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert DURATION.fullmatch(rule.get("for", "0s"))
    assert rule["annotations"]["summary"]
    assert (CHECKOUT / rule["annotations"]["runbook"]).is_file()
    used = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    kept = {
        label.strip() for listed in re.findall(r"by \(([^)]*)\)", rule["expr"]) for label in listed.split(",")
    }
    assert used <= kept


def test_each_safeguard_is_counted_from_nought() -> None:
    """A series that appears with its first failure has no increase to alarm on."""
    (family,) = (one for one in REGISTRY.collect() if one.name == "payments_safeguard_failed_open")

    assert {sample.labels["safeguard"] for sample in family.samples} >= {"breaker", "bulkhead", "rate_limit"}
