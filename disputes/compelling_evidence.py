"""Visa's compelling evidence 3.0 for 10.4: two earlier undisputed charges of the same card tell that it was the
cardholder. Pure.

Source: design page disputes.md, after docs.stripe.com/disputes/api/visa-ce3: charges of 120 to 364 days before; two
of the elements
match, one of them the IP address or the device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

QUALIFYING_CODE = "10.4"
MIN_AGE = timedelta(days=120)
MAX_AGE = timedelta(days=364)
CHARGES_NEEDED = 2
STRONG = ("customer_purchase_ip", "customer_device_fingerprint", "customer_device_id")
WEAK = ("customer_email_address", "customer_account_id", "shipping_address")

QUALIFIED = "qualified"
REQUIRES_ACTION = "requires_action"
NOT_QUALIFIED = "not_qualified"


@dataclass(frozen=True, slots=True)
class Purchase:
    """A charge and what we know of who made it. facts: by the names of STRONG and WEAK, empty ones left out."""

    charge: str
    made_at: datetime
    facts: dict[str, str]
    was_disputed: bool = False
    has_description: bool = True


@dataclass(frozen=True, slots=True)
class Standing:
    """status: qualified, requires_action or not_qualified. charges: the two that prove it, newest first.
    required_actions: what would make it qualify."""

    status: str
    charges: tuple[str, ...] = ()
    required_actions: tuple[str, ...] = ()


def weigh_evidence(network_reason_code: str, disputed: Purchase, earlier: Sequence[Purchase]) -> Standing:
    """earlier: charges of the same card, in any order; those too young, too old or disputed do not count."""
    if network_reason_code != QUALIFYING_CODE:
        return Standing(NOT_QUALIFIED)
    eligible = sorted(
        (one for one in earlier if is_eligible(disputed.made_at, one)),
        key=lambda one: one.made_at,
        reverse=True,
    )
    if len(eligible) < CHARGES_NEEDED:
        return Standing(NOT_QUALIFIED)
    matching = [one for one in eligible if _identifies(disputed, one)]
    if len(matching) >= CHARGES_NEEDED:
        pair = matching[:CHARGES_NEEDED]
        missing = tuple(
            "missing_prior_undisputed_transaction_description" for one in pair if not one.has_description
        )[:1]
        status = REQUIRES_ACTION if missing else QUALIFIED
        return Standing(status, tuple(one.charge for one in pair), missing)
    missing = tuple(_missing(disputed))
    if not missing:
        # Everything is known, and it does not match.
        return Standing(NOT_QUALIFIED)
    return Standing(REQUIRES_ACTION, tuple(one.charge for one in eligible[:CHARGES_NEEDED]), missing)


def is_eligible(disputed_at: datetime, earlier: Purchase) -> bool:
    return not earlier.was_disputed and MIN_AGE <= disputed_at - earlier.made_at <= MAX_AGE


def _identifies(disputed: Purchase, earlier: Purchase) -> bool:
    same = [name for name in (*STRONG, *WEAK) if _matches(name, disputed, earlier)]
    return len(same) >= 2 and any(name in STRONG for name in same)


def _matches(name: str, disputed: Purchase, earlier: Purchase) -> bool:
    known = disputed.facts.get(name)
    return bool(known) and known == earlier.facts.get(name)


def _missing(disputed: Purchase) -> list[str]:
    missing = []
    if not any(disputed.facts.get(name) for name in STRONG):
        missing.append("missing_customer_identifiers")
    if sum(bool(disputed.facts.get(name)) for name in (*STRONG, *WEAK)) < 2:
        missing.append("missing_customer_identifiers")
    return sorted(set(missing))
