"""The AST rules of house.md, section 4. Importing this package fills Rule.registry."""

from tests.architecture.rules import money, outside, rooms, shape, states, transactions
from tests.architecture.rules.base import Rule, Violation, find_violations, without_escaped

__all__ = [
    "Rule",
    "Violation",
    "find_violations",
    "money",
    "outside",
    "rooms",
    "shape",
    "states",
    "transactions",
    "without_escaped",
]
