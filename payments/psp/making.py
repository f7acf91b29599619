"""Making a token of an account: what the port's make_token is asked and answers. Free of Django.

For what is no card only: a card's digits never come this way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from payments.psp.outcomes import CallRecord, CardFacts, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeTokenRequest:
    """type: the house's name of the method. details: what it takes, by Stripe's names; of an account its whole number,
    which is passed on, and is logged and kept by nobody here. billing: name, email, phone, as far as given; address:
    line1, line2, city, state, postal_code, country."""

    psp_key: str
    type: str
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)
    billing: Mapping[str, str] = field(default_factory=dict, repr=False)
    address: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeToken:
    """token: what the PSP calls it from now on; empty unless it was made. facts, details: what it shows, masked."""

    outcome: Outcome
    call: CallRecord
    token: str = field(default="", repr=False)
    facts: CardFacts = field(default_factory=CardFacts)
    details: Mapping[str, str] = field(default_factory=dict)
