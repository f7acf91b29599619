"""The taxes of a draft of a merchant who asks the tax service: found from the answers that are kept, or waited for.

Called under the invoice's lock, so nobody is asked here: operations/ask_tax.py asks before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from foundation import clock
from foundation.money import Money
from foundation.transactions import joins_transaction
from subscriptions.models import (
    BillingCustomer,
    BillingSettings,
    Invoice,
    InvoiceLine,
    TaxAnswer,
    TaxBehavior,
    TaxFallback,
    TaxStatus,
)
from subscriptions.queries.catalogue import read_tax_rates
from subscriptions.queries.tax_answers import VALID, questions_of
from subscriptions.steps.reckon_invoice import TaxFacts
from subscriptions.steps.write_invoice import tax_entry, tax_facts_of
from subscriptions.tax.static import reason_for_no_tax
from subscriptions.tax_service.questions import rate_of
from subscriptions.taxes import Rate, Taxability, TaxAmount, tax_lines


@dataclass(frozen=True, slots=True)
class _Found:
    rates: list[tuple[Rate, ...]]
    status: TaxStatus


@joins_transaction
def settle_tax(
    invoice: Invoice,
    lines: Sequence[InvoiceLine],
    *,
    settings: BillingSettings,
    billing_customer: BillingCustomer,
) -> bool:
    """Whether the taxes are known now. The invoice is a locked draft; lines: all of it, with prices and products.

    Writes: the lines' taxes and the invoice's sums, where they were not known.
    """
    if invoice.tax_status != TaxStatus.PENDING:
        return True
    facts = tax_facts_of(invoice, settings=settings, billing_customer=billing_customer)
    found = _find(invoice, lines, facts, settings)
    if found is None:
        return False
    _write(invoice, lines, found, facts)
    return True


def _find(
    invoice: Invoice,
    lines: Sequence[InvoiceLine],
    facts: TaxFacts,
    settings: BillingSettings,
) -> _Found | None:
    # The service's own time, whatever a test clock shows.
    now = clock.now()
    by_hand = read_tax_rates(
        merchant_id=invoice.merchant_id, texts=[tuple(line.tax_rate_ids) for line in lines]
    )
    questions = questions_of(lines, facts)
    asked = {one.hash for one in questions if one is not None}
    rows = TaxAnswer.objects.for_merchant(invoice.merchant_id).filter(question_hash__in=asked)
    answers = {row.question_hash: row for row in rows}
    exempt = reason_for_no_tax(facts.as_request())
    status, rates = TaxStatus.ANSWERED, list[tuple[Rate, ...]]()
    for line, question in zip(lines, questions, strict=True):
        if question is None:
            own = tuple(by_hand[text].rate for text in line.tax_rate_ids)
            rates.append(_freed(own, exempt))
            continue
        answer = answers.get(question.hash)
        if answer is None:
            return None
        if now - answer.answered_at > VALID:
            if settings.tax_fallback != TaxFallback.LAST_KNOWN:
                return None
            status = TaxStatus.LAST_KNOWN
        is_inclusive = line.price is not None and line.price.tax_behavior == TaxBehavior.INCLUSIVE
        told = tuple(rate_of(kept, is_inclusive=is_inclusive) for kept in answer.rates)
        rates.append(_freed(told, exempt))
    return _Found(rates, status)


def _freed(rates: tuple[Rate, ...], reason: Taxability | None) -> tuple[Rate, ...]:
    if reason is None:
        return rates
    return tuple(replace(rate, percentage=Fraction(), taxability=reason) for rate in rates)


def _write(invoice: Invoice, lines: Sequence[InvoiceLine], found: _Found, facts: TaxFacts) -> None:
    nets = [Money(line.net_minor, line.currency) for line in lines]
    taxes = tax_lines(list(zip(nets, found.rates, strict=True)), rounding=facts.rounding)
    for line, own in zip(lines, taxes, strict=True):
        line.tax_minor = _sum(own, is_inclusive=False)
        line.inclusive_tax_minor = _sum(own, is_inclusive=True)
        line.taxes = [tax_entry(tax) for tax in own]
        line.save(update_fields=["tax_minor", "inclusive_tax_minor", "taxes"])
    invoice.tax_minor = sum(line.tax_minor for line in lines)
    invoice.inclusive_tax_minor = sum(line.inclusive_tax_minor for line in lines)
    invoice.total_minor = invoice.subtotal_minor - invoice.discount_minor + invoice.tax_minor
    invoice.amount_due_minor = max(invoice.total_minor, 0)
    invoice.tax_status = found.status
    invoice.save()


def _sum(taxes: Sequence[TaxAmount], *, is_inclusive: bool) -> int:
    return sum(tax.amount.amount_minor for tax in taxes if tax.rate.inclusive == is_inclusive)
