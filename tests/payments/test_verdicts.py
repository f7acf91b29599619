"""What the evidence carries, case by case."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.money import Money
from payments.models import CaseVerdict
from payments.verdicts import DoubtFacts, suggest_verdict

V = CaseVerdict
TEN, NINE, EUROS = Money(10_00, "usd"), Money(9_00, "usd"), Money(10_00, "eur")
LATE, EARLY = 7_200, 60

TABLE: list[tuple[str, dict[str, Any], V | None, Money | None]] = [
    ("a settlement line proves it", {"settled": TEN}, V.HAPPENED, None),
    ("of another amount too", {"settled": NINE}, V.OTHER_AMOUNT, NINE),
    ("but not in another currency", {"settled": EUROS}, None, None),
    ("a line outweighs the PSP's denial", {"settled": TEN, "answers": ("declined",)}, V.HAPPENED, None),
    ("an answer proves it", {"answers": ("succeeded", "unknown")}, V.HAPPENED, None),
    ("only the newest answer counts", {"answers": ("unknown", "succeeded"), "age_seconds": LATE}, None, None),
    ("a webhook proves it", {"news": ("succeeded",)}, V.HAPPENED, None),
    ("with the amount it tells", {"news": ("succeeded",), "told": NINE}, V.OTHER_AMOUNT, NINE),
    ("a refusal proves the opposite", {"answers": ("declined",)}, V.DID_NOT_HAPPEN, None),
    ("both at once prove nothing", {"answers": ("declined",), "news": ("succeeded",)}, None, None),
    (
        "absence is proof when it is late",
        {"answers": ("not_found",), "age_seconds": LATE},
        V.DID_NOT_HAPPEN,
        None,
    ),
    ("and not before", {"answers": ("not_found",), "age_seconds": EARLY}, None, None),
    (
        "and never of what the PSP named itself",
        {"answers": ("not_found",), "age_seconds": LATE, "has_reference": True},
        None,
        None,
    ),
    (
        "absence lowers nothing that is proven",
        {"answers": ("not_found",), "age_seconds": LATE, "is_decided": True, "booked": True},
        None,
        None,
    ),
    ("silence asks for patience", {"age_seconds": EARLY}, None, None),
    ("and later for the PSP's support", {"age_seconds": LATE, "answers": ("unknown",)}, None, None),
    (
        "our books stand when the line agrees",
        {"settled": TEN, "is_decided": True, "booked": True},
        V.KEEP_OURS,
        None,
    ),
    ("and fall when it does not", {"settled": TEN, "is_decided": True, "booked": False}, V.HAPPENED, None),
    (
        "our books stand when the PSP denies with us",
        {"answers": ("declined",), "is_decided": True, "booked": False},
        V.KEEP_OURS,
        None,
    ),
    ("a void happened when the PSP released", {"is_void": True, "answers": ("voided",)}, V.HAPPENED, None),
    ("and did not when it captured", {"is_void": True, "answers": ("succeeded",)}, V.DID_NOT_HAPPEN, None),
]


@pytest.mark.parametrize(
    ("facts", "verdict", "amount"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_the_evidence_suggests(facts: dict[str, Any], verdict: V | None, amount: Money | None) -> None:
    suggestion = suggest_verdict(
        DoubtFacts(**{"asked": TEN, "age_seconds": LATE, "report_delay_seconds": 3_600, **facts})
    )

    assert (suggestion.verdict, suggestion.amount) == (verdict, amount)
    assert suggestion.reasons
