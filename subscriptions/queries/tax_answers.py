"""What has to be asked of the tax service for an invoice, and which answers are fresh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from foundation.tenancy.queries import get_merchant
from payments.queries.customers import get_customer
from subscriptions.models import BillingSettings, InvoiceLine, Price, TaxAnswer, TaxSource
from subscriptions.tax_service.questions import Question

FRESH = timedelta(hours=1)
"""How long nobody is asked again about the same kind of sale."""
VALID = timedelta(hours=24)
"""How old an answer may be to be taken for what the service would say; an older one is only the last known."""


class Whereabouts(Protocol):
    """Where seller and customer are."""

    @property
    def seller_country(self) -> str: ...
    @property
    def customer_country(self) -> str: ...
    @property
    def customer_state(self) -> str: ...
    @property
    def customer_postal_code(self) -> str: ...


def is_asked(merchant_id: UUID) -> bool:
    """Whether the merchant's taxes come from the tax service."""
    rows = BillingSettings.objects.for_merchant(merchant_id)
    return rows.filter(tax_source=TaxSource.REMOTE).exists()


def questions_of(lines: Sequence[InvoiceLine], facts: Whereabouts) -> list[Question | None]:
    """Of each line; None where its rates were set by hand. lines: with prices and products."""
    return [None if line.tax_rate_ids else question_of(line.price, facts) for line in lines]


def question_of(price: Price | None, facts: Whereabouts) -> Question:
    return Question(
        seller_country=facts.seller_country,
        customer_country=facts.customer_country,
        customer_state=facts.customer_state,
        customer_postal_code=facts.customer_postal_code,
        tax_code=price.product.tax_code if price is not None else "",
    )


def list_stale(questions: Sequence[Question | None], *, merchant_id: UUID, now: datetime) -> list[Question]:
    """Those without a fresh answer, each once."""
    wanted = {one.hash: one for one in questions if one is not None}
    rows = TaxAnswer.objects.for_merchant(merchant_id).filter(
        question_hash__in=wanted, answered_at__gt=now - FRESH
    )
    fresh = set(rows.values_list("question_hash", flat=True))
    return [question for key, question in wanted.items() if key not in fresh]


def read_answers(*, merchant_id: UUID, country: str, now: datetime) -> dict[str, list[dict[str, Any]]]:
    """The rates that the service said lately for customers of a country, by question."""
    rows = TaxAnswer.objects.for_merchant(merchant_id).filter(
        question__customer_country=country, answered_at__gt=now - VALID
    )
    return dict(rows.values_list("question_hash", "rates"))


@dataclass(frozen=True, slots=True)
class SaleFacts:
    """Where seller and customer are, as tax_facts_of reads it of what is billed."""

    seller_country: str
    customer_country: str
    customer_state: str
    customer_postal_code: str


def read_whereabouts(*, merchant_id: UUID, customer_id: UUID) -> SaleFacts:
    """Raises ResourceMissing."""
    address = get_customer(merchant_id=merchant_id, customer_id=customer_id).address or {}
    return SaleFacts(
        seller_country=get_merchant(merchant_id).country,
        customer_country=address.get("country") or "",
        customer_state=address.get("state") or "",
        customer_postal_code=address.get("postal_code") or "",
    )
