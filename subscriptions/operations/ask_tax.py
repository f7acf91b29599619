"""Ask the tax service what is due for sales to a customer, and keep what it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog

from foundation import clock
from foundation.transactions import outside_transaction, owns_transaction
from subscriptions.models import TaxAnswer
from subscriptions.queries.catalogue import get_price
from subscriptions.queries.tax_answers import is_asked, list_stale, question_of, read_whereabouts
from subscriptions.tax.port import TaxUnavailable
from subscriptions.tax_service.client import MOST_QUESTIONS, ask_rates
from subscriptions.tax_service.questions import Question

logger = structlog.get_logger(__name__)


@outside_transaction
def ask_tax(*, merchant_id: UUID, customer_id: UUID, price_ids: Sequence[UUID | None]) -> None:
    """price_ids: what is sold; None for an amount that was entered by hand. A merchant whose rates are set by hand asks
    nobody. A service that does not answer changes nothing: what is not known is waited for.

    Raises: ResourceMissing. Writes: the answers. Safe to repeat: a fresh answer is not asked for again.
    """
    if not is_asked(merchant_id):
        return
    facts = read_whereabouts(merchant_id=merchant_id, customer_id=customer_id)
    prices = [get_price(merchant_id=merchant_id, price_id=one) if one else None for one in price_ids]
    questions = [question_of(price, facts) for price in prices]
    stale = list_stale(questions, merchant_id=merchant_id, now=clock.now())[:MOST_QUESTIONS]
    if not stale:
        return
    try:
        answers = ask_rates(stale)
    except TaxUnavailable as error:
        logger.warning("tax_not_known", merchant=str(merchant_id), code=str(error)[:200])
        return
    _keep(merchant_id=merchant_id, questions=stale, answers=answers)


@owns_transaction
def _keep(
    *, merchant_id: UUID, questions: Sequence[Question], answers: Sequence[list[dict[str, Any]]]
) -> None:
    now = clock.now()
    TaxAnswer.objects.for_merchant(merchant_id).bulk_create(
        [
            TaxAnswer(
                merchant_id=merchant_id,
                question_hash=question.hash,
                question=question.as_dict(),
                rates=rates,
                answered_at=now,
            )
            for question, rates in zip(questions, answers, strict=True)
        ],
        update_conflicts=True,
        unique_fields=["merchant", "question_hash"],
        update_fields=["rates", "answered_at"],
    )
