"""The fault script: which request or webhook is to go wrong, and how.

A rule is `{"match": {...}, "fault": name, ...options, "times": n, "seed": s}`. Lives here: reading, matching
and counting rules. Does not live here: carrying a fault out (`sandbox.py` for requests, `webhooks.py` for
webhooks).
"""

import json
import random
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

# Fault -> its options with their defaults. None: no default, the option stays unset.
REQUEST_FAULTS: dict[str, dict[str, Any]] = {
    "answer_late": {"seconds": 5.0},
    "timeout_before_booking": {"seconds": 30.0},
    "timeout_after_booking": {"seconds": 30.0},
    "error_before_booking": {"status": 500},
    "error_after_booking": {"status": 500},
    "reset_before_booking": {},
    "reset_after_booking": {},
    "garbage_after_booking": {"undecodable": 0},
    "drip": {"seconds": 30.0},
    "status_429": {},
    "wrong_amount": {"amount": None, "delta": -1},
    "forget_key": {},
    "inquiry_lag": {"seconds": 600.0},
    "refund_returned": {"seconds": 0.0},
    "modification_fails": {},
    "webhook_before_answer": {"seconds": 5.0},
}
WEBHOOK_FAULTS: dict[str, dict[str, Any]] = {
    "webhook_drop": {},
    "webhook_duplicate": {"copies": 2},
    "webhook_delay": {"seconds": 10.0},
    "webhook_reorder": {"count": 2, "seconds": 2.0},
}
FAULTS = REQUEST_FAULTS | WEBHOOK_FAULTS
MATCHERS = ("operation", "path_prefix", "account", "metadata", "event_type", "nth", "probability")
OPERATION_SYNONYMS = {"void": "cancel"}
# What a rule strikes that names no operation: elsewhere the fault means nothing and would only be used up.
DEFAULT_OPERATIONS = {
    "inquiry_lag": ("inquire",),
    "refund_returned": ("refund",),
    "modification_fails": ("capture", "cancel", "refund"),
    "wrong_amount": ("authorize", "capture", "refund"),
}


class RuleUnreadable(ValueError):
    """The rule says something the sandbox does not know; the message names it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule may match on. `metadata` is a function, since finding it may cost a look into the books."""

    operation: str
    account: str
    metadata: Callable[[], dict[str, str]]
    path: str = ""
    event_type: str = ""


@dataclass(slots=True)
class Rule:
    source: dict[str, Any]
    fault: str
    options: dict[str, Any]
    match: dict[str, Any]
    times: int | None
    chance: random.Random
    matched: int = 0
    fired: int = 0
    operations: frozenset[str] = field(default_factory=frozenset)

    def meets(self, facts: Facts) -> bool:
        """Counts the match, and says whether the rule fires on it."""
        match = self.match
        if self.times is not None and self.fired >= self.times:
            return False
        if self.operations and facts.operation not in self.operations:
            return False
        if not facts.path.startswith(match.get("path_prefix", "")):
            return False
        if match.get("account", facts.account) != facts.account:
            return False
        if match.get("event_type", facts.event_type) != facts.event_type:
            return False
        wanted = match.get("metadata")
        if wanted:
            present = facts.metadata()
            if any(present.get(key) != value for key, value in wanted.items()):
                return False
        self.matched += 1
        if "nth" in match and self.matched != match["nth"]:
            return False
        return "probability" not in match or self.chance.random() < match["probability"]

    def describe(self) -> dict[str, Any]:
        return self.source | {"matched": self.matched, "fired": self.fired}


class FaultScript:
    """The rules in force. Rules live in memory: a restarted sandbox has only those of its `--faults` file."""

    def __init__(self, rules: Iterable[dict[str, Any]] = ()) -> None:
        self._lock = threading.Lock()
        self._rules = [read_rule(rule) for rule in rules]

    def replace(self, rules: Iterable[dict[str, Any]]) -> None:
        """Raises RuleUnreadable, and then keeps the old rules."""
        fresh = [read_rule(rule) for rule in rules]
        with self._lock:
            self._rules = fresh

    def describe(self) -> list[dict[str, Any]]:
        with self._lock:
            return [rule.describe() for rule in self._rules]

    def for_request(self, facts: Facts) -> Rule | None:
        """The first rule in script order that fires; each rule counts the requests it sees."""
        if not self._rules:
            return None
        with self._lock:
            firing = [rule for rule in self._rules if rule.fault in REQUEST_FAULTS and rule.meets(facts)]
            if not firing:
                return None
            firing[0].fired += 1
            return firing[0]

    def for_event(self, facts: Facts) -> list[Rule]:
        """Every webhook rule that fires: one event may be both delayed and duplicated."""
        if not self._rules:
            return []
        with self._lock:
            firing = [rule for rule in self._rules if rule.fault in WEBHOOK_FAULTS and rule.meets(facts)]
            for rule in firing:
                rule.fired += 1
            return firing


def read_rule(source: Any) -> Rule:
    """Raises RuleUnreadable on an unknown fault, option or matcher, and on values of the wrong kind."""
    if not isinstance(source, dict):
        raise RuleUnreadable("a rule is an object")
    fault, options = _read_fault(source)
    match = source.get("match", {})
    if not isinstance(match, dict):
        raise RuleUnreadable("match is an object")
    unknown = set(match) - set(MATCHERS)
    if unknown:
        raise RuleUnreadable(f"unknown matcher {sorted(unknown)[0]!r}; known: {', '.join(MATCHERS)}")
    if not isinstance(match.get("metadata", {}), dict):
        raise RuleUnreadable("match.metadata is an object of strings")
    if "nth" in match and not (isinstance(match["nth"], int) and match["nth"] >= 1):
        raise RuleUnreadable("match.nth is a number from 1")
    probability = match.get("probability", 1)
    if not isinstance(probability, int | float) or not 0 <= probability <= 1:
        raise RuleUnreadable("match.probability is a number from 0 to 1")
    times = source.get("times")
    if times is not None and not (isinstance(times, int) and times >= 1):
        raise RuleUnreadable("times is a number from 1")
    operations = match.get("operation", DEFAULT_OPERATIONS.get(fault, ()))
    operations = [operations] if isinstance(operations, str) else operations
    return Rule(
        source=source,
        fault=fault,
        options=options,
        match=match,
        times=times,
        chance=random.Random(source.get("seed")),
        operations=frozenset(OPERATION_SYNONYMS.get(name, name) for name in operations),
    )


def _read_fault(source: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The name and the options, which stand beside `fault` or in it: `{"fault": {"name": "drip", "seconds":
    3}}`.
    """
    fault = source.get("fault")
    given = {name: value for name, value in source.items() if name not in ("match", "fault", "times", "seed")}
    if isinstance(fault, dict):
        given |= {name: value for name, value in fault.items() if name != "name"}
        fault = fault.get("name")
    if not isinstance(fault, str) or fault not in FAULTS:
        raise RuleUnreadable(f"unknown fault {fault!r}; known: {', '.join(FAULTS)}")
    known = FAULTS[fault]
    for name, value in given.items():
        if name not in known:
            raise RuleUnreadable(
                f"fault {fault} has no option {name!r}; it knows: {', '.join(known) or 'none'}"
            )
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RuleUnreadable(f"option {name} of fault {fault} is a number")
    return fault, known | given


def read_script(text: str) -> list[dict[str, Any]]:
    """A JSON list of rules, or an object with `rules`. Raises RuleUnreadable."""
    try:
        script = json.loads(text or "[]")
    except ValueError as error:
        raise RuleUnreadable(f"the fault script is no JSON: {error}") from error
    rules = script.get("rules") if isinstance(script, dict) else script
    if not isinstance(rules, list):
        raise RuleUnreadable('a fault script is a list of rules, or {"rules": [...]}')
    return rules
