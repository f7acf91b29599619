"""What was invoiced, paid and is owed, in three books: the invoices, the ledger's receivables, the payments."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Sum

from ledger.queries.sums import sum_kinds
from payments.queries.payment_intents import list_payment_intents
from payments.queries.totals import KINDS as KINDS_OF_PAYMENTS
from subscriptions.ledger_accounts import FINALIZED, KINDS, PAID_OUT_OF_BAND, RECEIVABLES, VOIDED
from subscriptions.models import Invoice, InvoicePayment, InvoiceStatus, Subscription

BINDING = (InvoiceStatus.OPEN, InvoiceStatus.PAID, InvoiceStatus.UNCOLLECTIBLE)


@dataclass(frozen=True, slots=True)
class Invoiced:
    """One currency, in minor units. billed: invoices that are not void. owed: what of them is neither paid nor
    credited."""

    billed: int = 0
    paid: int = 0
    owed: int = 0


def read_invoiced(*, merchant_id: UUID) -> dict[str, Invoiced]:
    """As the invoices say, by currency."""
    rows = Invoice.objects.for_merchant(merchant_id).filter(status__in=BINDING).order_by()
    owed = F("amount_due_minor") - F("amount_paid_minor") - F("credited_before_payment_minor")
    found = rows.values("currency").annotate(
        billed=Sum("total_minor"), paid=Sum("amount_paid_minor"), owed=Sum(owed)
    )
    return {row["currency"]: Invoiced(row["billed"], row["paid"], row["owed"]) for row in found}


def read_receivables(*, merchant_id: UUID) -> dict[str, Invoiced]:
    """As the ledger's receivables say, by currency."""
    billed = _receivables(merchant_id, (FINALIZED, VOIDED))
    paid = _receivables(merchant_id, (*KINDS_OF_PAYMENTS, PAID_OUT_OF_BAND))
    owed = _receivables(merchant_id, (*KINDS, *KINDS_OF_PAYMENTS))
    return {
        currency: Invoiced(billed.get(currency, 0), -paid.get(currency, 0), owed.get(currency, 0))
        for currency in sorted({*billed, *paid, *owed})
    }


def read_collected(*, merchant_id: UUID) -> dict[str, int]:
    """What payments of invoices have received and kept, by currency."""
    tries = InvoicePayment.objects.for_merchant(merchant_id).values("payment_intent_id")
    intents = list_payment_intents(merchant_id=merchant_id).filter(pk__in=tries, status="succeeded")
    found = intents.order_by().values("currency").annotate(received=Sum("amount_received_minor"))
    return {row["currency"]: row["received"] for row in found}


def count_by_status(*, merchant_id: UUID) -> dict[str, Counter[str]]:
    """How many subscriptions and invoices there are, by status."""
    subscriptions = Subscription.objects.for_merchant(merchant_id).values_list("status", flat=True)
    invoices = Invoice.objects.for_merchant(merchant_id).values_list("status", flat=True)
    return {"subscriptions": Counter(subscriptions), "invoices": Counter(invoices)}


def _receivables(merchant_id: UUID, kinds: tuple[str, ...]) -> dict[str, int]:
    moved = sum_kinds(merchant_id, kinds)
    return {currency: minor for (path, currency), minor in moved.items() if path == RECEIVABLES}
