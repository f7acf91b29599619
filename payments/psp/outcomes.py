"""Outcomes: the only words in which a PSP's answer enters the house. Free of Django.

An outcome is Succeeded | Declined | RequiresAction | Pending | NotSent | Unknown. Only failing to connect is NotSent;
a timeout after the request left, a 5xx, an unreadable answer is Unknown, never a failure. NotFound answers an inquiry
only: the PSP does not know our key (yet).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from foundation.money import Money

TURNED_AWAY = frozenset({"breaker_open", "bulkhead_full", "rate_limited"})
"""Reasons for which our own guard lets no call leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """What the PSP saw of the card. Words are Stripe's; expiry in months and years; bin: at most the first 8 digits;
    never a PAN."""

    brand: str = ""
    last4: str = ""
    bin: str = ""
    exp_month: int | None = None
    exp_year: int | None = None
    funding: str = ""
    country: str = ""
    fingerprint: str = ""
    network: str = ""
    wallet: str = ""
    cvc_check: str = ""
    avs_line1_check: str = ""
    avs_postal_code_check: str = ""
    three_d_secure_result: str = ""
    three_d_secure_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """It happened. amount: what the PSP moved or authorized. captured: the part that is taken already (a charge
    authorized only has none). fee: what the PSP keeps of it, None while it has not said."""

    psp_reference: str
    amount: Money
    captured: Money | None = None
    fee: Money | None = None
    psp_charge_reference: str = ""
    card: CardFacts | None = None
    network_transaction_id: str = ""
    authorization_code: str = ""
    mandate_reference: str = ""
    word: str = field(default="succeeded", init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """The PSP or the issuer said no, and nothing moved. code and decline_code: Stripe's vocabulary.
    retryable: a later try may pass (soft decline). is_final: canceled at the PSP, not merely refused."""

    code: str
    decline_code: str = ""
    advice_code: str = ""
    message: str = ""
    retryable: bool = False
    psp_reference: str = ""
    psp_charge_reference: str = ""
    card: CardFacts | None = None
    word: str = field(default="declined", init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiresAction:
    """The customer must visit url (3-D Secure, a bank's page) before the PSP decides."""

    psp_reference: str
    url: str
    return_url: str = ""
    word: str = field(default="requires_action", init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Accepted; the definite answer comes later, by webhook or inquiry."""

    psp_reference: str
    psp_charge_reference: str = ""
    mandate_reference: str = ""
    word: str = field(default="pending", init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """It certainly did not leave us, or is proven absent. Safe to try elsewhere."""

    reason: str
    word: str = field(default="not_sent", init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """It may have happened. It has an owner (resolve_unknown) and never ends as failed without proof."""

    reason: str
    word: str = field(default="unknown", init=False)

    @property
    def was_asked(self) -> bool:
        """Whether the PSP was asked at all, or our own guard turned the question away."""
        return self.reason not in TURNED_AWAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Voided:
    """Canceled at the PSP: the authorization is released, nothing was taken."""

    psp_reference: str
    is_expiry: bool = False
    word: str = field(default="voided", init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A bank took back, days later, what had succeeded (a debit that bounced). code: the bank's reason, normalised."""

    psp_reference: str
    code: str = ""
    word: str = field(default="returned", init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound:
    """An inquiry's answer: the PSP does not know our key. Proof only after its maximum report delay."""

    word: str = field(default="not_found", init=False)


Outcome = Succeeded | Declined | RequiresAction | Pending | NotSent | Unknown | Voided | Returned
InquiryOutcome = Outcome | NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One request to a PSP as it goes into the log: scrubbed request and answer, latency in milliseconds."""

    operation: str
    psp_key: str
    request: dict[str, Any]
    answer: dict[str, Any] | None
    http_status: int | None
    latency_ms: int
    outcome: str
