"""What is known of a payment and of the PSP accounts before one of them is chosen. Pure; free of Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from payments.routing.costs import CostEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFacts:
    """One try of a payment. Amounts in minor units of `currency`; words in lower case, the country in upper case."""

    payment_id: UUID
    amount_minor: int
    currency: str
    method_type: str = "card"
    customer_id: UUID | None = None
    brand: str = ""
    country: str = ""
    funding: str = ""
    bin: str = ""
    wallet: str = ""
    capture_method: str = "automatic"
    off_session: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "payment_id": str(self.payment_id),
            "customer_id": str(self.customer_id) if self.customer_id else None,
            "amount_minor": self.amount_minor,
            "currency": self.currency,
            "method_type": self.method_type,
            "brand": self.brand,
            "country": self.country,
            "funding": self.funding,
            "bin": self.bin,
            "wallet": self.wallet,
            "capture_method": self.capture_method,
            "off_session": self.off_session,
            "metadata": dict(self.metadata),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> PaymentFacts:
        customer_id = kept["customer_id"]
        return cls(
            **{
                **kept,
                "payment_id": UUID(kept["payment_id"]),
                "customer_id": UUID(customer_id) if customer_id else None,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A PSP account as far as choosing needs it. Empty currencies or methods: all.

    method_types: what the merchant wants it for. supported_types: what its PSP's connector can charge at all.
    can_hold: takes an authorization that is captured later. costs: see costs.py."""

    id: UUID
    name: str
    priority: int = 100
    is_active: bool = True
    currencies: tuple[str, ...] = ()
    method_types: tuple[str, ...] = ()
    supported_types: tuple[str, ...] = ()
    can_hold: bool = True
    costs: tuple[CostEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Health:
    """Whether an account answers at present; reason: one word when it does not."""

    is_available: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An account as it stood when the choice was made; what the rules choose from, and what a decision keeps.

    refusal: why it can not take the payment, empty when it can. outage: why it would not answer, empty when it is well.
    rate_bps: expected share of authorizations. cost_bps: expected cost, of the amount. latency_ms: typical, None when
    nobody has waited for it yet."""

    id: UUID
    name: str
    priority: int
    refusal: str = ""
    outage: str = ""
    rate_bps: int | None = None
    cost_bps: int | None = None
    latency_ms: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "name": self.name,
            "priority": self.priority,
            "refusal": self.refusal,
            "outage": self.outage,
            "rate_bps": self.rate_bps,
            "cost_bps": self.cost_bps,
            "latency_ms": self.latency_ms,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Candidate:
        return cls(
            id=UUID(kept["id"]),
            name=kept["name"],
            priority=kept["priority"],
            refusal=kept["refusal"],
            outage=kept["outage"],
            rate_bps=kept["rate_bps"],
            cost_bps=kept["cost_bps"],
            latency_ms=kept["latency_ms"],
        )
