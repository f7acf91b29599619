"""The networks' reason codes, read from data/reason_codes.json: the claim in plain words, and what evidence matters.

What matters is told by category: `required`, at least one of `one_of`, and what helps besides.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data" / "reason_codes.json"
GENERAL = "general"

# Stripe's categories that are wider or named otherwise than the codes' own.
_CATEGORY_OF_REASON = {
    "unrecognized": "fraudulent",
    "bank_cannot_process": GENERAL,
    "check_returned": GENERAL,
    "customer_initiated": GENERAL,
    "debit_not_authorized": GENERAL,
    "incorrect_account_details": GENERAL,
    "insufficient_funds": GENERAL,
    "noncompliant": GENERAL,
}
_PLAIN = {
    "fraudulent": "The cardholder says that they did not make this purchase.",
    "product_not_received": "The cardholder says that nothing arrived.",
    "product_unacceptable": "The cardholder says that what came is not what was sold.",
    "subscription_canceled": "The cardholder says that they had canceled.",
    "credit_not_processed": "The cardholder says that a refund was promised and has not come.",
    "duplicate": "The cardholder says that they paid twice.",
    "general": "The cardholder's bank questions this charge.",
}


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """days_to_answer: where the PSP names no date. Empty code: the network's is not known."""

    network: str
    code: str
    category: str
    claim: str
    days_to_answer: int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Fields of evidence by what they weigh for a category."""

    required: tuple[str, ...]
    one_of: tuple[str, ...]
    optional: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """What an evidence pack still lacks. alternatives: any one of these fills it."""

    alternatives: tuple[str, ...]


def reason_code(network: str, code: str, reason: str) -> ReasonCode:
    """The code's entry; for one that is not in the file, what Stripe's category says."""
    known = _codes().get((network, code))
    if known is not None:
        return known
    category = category_of(reason)
    return ReasonCode(network, code, category, _PLAIN[category], None)


def category_of(reason: str) -> str:
    """The category of one of Stripe's reasons; general for what we do not know."""
    return reason if reason in _PLAIN else _CATEGORY_OF_REASON.get(reason, GENERAL)


def wanted_for(category: str) -> Wanted:
    told = _data()["categories"][category]
    return Wanted(tuple(told["required"]), tuple(told["one_of"]), tuple(told["optional"]))


def gaps(category: str, evidence: Mapping[str, Any]) -> list[Gap]:
    """What is missing for this kind of claim; empty when the pack is complete."""
    wanted = wanted_for(category)
    missing = [Gap((name,)) for name in wanted.required if not evidence.get(name)]
    if wanted.one_of and not any(evidence.get(name) for name in wanted.one_of):
        missing.append(Gap(wanted.one_of))
    return missing


def categories() -> list[str]:
    return list(_data()["categories"])


def all_codes() -> list[ReasonCode]:
    return list(_codes().values())


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(DATA.read_text())
    return told


@lru_cache(maxsize=1)
def _codes() -> dict[tuple[str, str], ReasonCode]:
    return {(told["network"], told["code"]): ReasonCode(**told) for told in _data()["codes"]}
