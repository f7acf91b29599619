"""What billing adds up to, folded from its own rows: the other side of the proof against the ledger.

Two proofs by merchant, account and currency. Entries: invoices, credit notes, customer balances, deferred revenue and
disputed payments equal what billing posted. Receivables: what invoices are still owed equals the account, whoever
moved it. And two of the rows themselves: an invoice equals its lines and its payments; no number is missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, Sum

from ledger.queries.sums import sum_kinds
from ledger.queries.verify import Check, Difference
from payments.queries.payment_intents import list_payment_intents
from payments.queries.totals import KINDS as KINDS_OF_PAYMENTS
from subscriptions import ledger_accounts as accounts
from subscriptions.models import (
    OF_INVOICES,
    CreditNote,
    CreditNoteLine,
    CreditNoteStatus,
    CustomerBalanceTransaction,
    DisputedPayment,
    DisputedPaymentStatus,
    Invoice,
    InvoicePayment,
    InvoicePaymentStatus,
    InvoiceStatus,
    RevenueSchedule,
)
from subscriptions.queries.number_gaps import list_gaps
from subscriptions.queries.whole_invoices import list_unequal_invoices

BOOKED = "billing_folds_to_ledger"
RECEIVABLES = "receivables_are_what_invoices_owe"
WHOLE = "invoices_equal_lines_and_payments"
NUMBERS = "invoice_numbers_have_no_gaps"

BINDING = (InvoiceStatus.OPEN, InvoiceStatus.PAID, InvoiceStatus.UNCOLLECTIBLE)
"""An invoice that is void was reversed: nothing of it stands in the books."""
SUCCEEDED = "succeeded"

Sums = dict[tuple[str, str], int]
"""Debits less credits in minor units, by (account, currency)."""


def check_billing_folds_to_ledger(merchant_id: UUID | None, limit: int) -> Iterator[Difference]:
    """For verify_books: what billing posted equals its rows."""
    return _compare(BOOKED, merchant_id, limit, fold_rows, _posted_by_billing)


def check_receivables(merchant_id: UUID | None, limit: int) -> Iterator[Difference]:
    """For verify_books: the account of receivables is what invoices are owed, payments included."""
    return _compare(RECEIVABLES, merchant_id, limit, fold_owed, _receivables_posted)


def check_whole_invoices(merchant_id: UUID | None, limit: int) -> Iterator[Difference]:
    """For verify_books: an invoice's figures equal the sums of its lines, its payments and its credit notes."""
    for found in list_unequal_invoices(merchant_id, limit=limit):
        subject = f"{found.what} of invoice {found.invoice_id}"
        yield Difference(WHOLE, found.merchant_id, subject, str(found.expected), str(found.found))


def check_numbers(merchant_id: UUID | None, limit: int) -> Iterator[Difference]:
    """For verify_books: as many documents as their series has counted."""
    for gap in list_gaps(merchant_id, limit=limit):
        yield Difference(NUMBERS, gap.merchant_id, f"series {gap.prefix}", str(gap.counted), str(gap.found))


CHECKS: dict[str, Check] = {
    BOOKED: check_billing_folds_to_ledger,
    RECEIVABLES: check_receivables,
    WHOLE: check_whole_invoices,
    NUMBERS: check_numbers,
}


def _compare(
    name: str,
    merchant_id: UUID | None,
    limit: int,
    ours: Callable[[UUID], Sums],
    theirs: Callable[[UUID], Sums],
) -> Iterator[Difference]:
    merchants = [merchant_id] if merchant_id else _merchants()
    found = (one for merchant in merchants for one in _standing_differences(name, merchant, ours, theirs))
    return islice(found, limit)


def _standing_differences(
    name: str, merchant_id: UUID, ours: Callable[[UUID], Sums], theirs: Callable[[UUID], Sums]
) -> list[Difference]:
    # Several statements see several instants: what billing booked in between differs once, an error stays.
    first = _differences(name, merchant_id, ours(merchant_id), theirs(merchant_id))
    if not first:
        return []
    again = _differences(name, merchant_id, ours(merchant_id), theirs(merchant_id))
    return [one for one in first if one in again]


def _differences(name: str, merchant_id: UUID, expected: Sums, found: Sums) -> list[Difference]:
    return [
        Difference(
            name,
            merchant_id,
            f"{path} {currency}",
            str(expected.get((path, currency), 0)),
            str(found.get((path, currency), 0)),
        )
        for path, currency in sorted({*expected, *found})
        if expected.get((path, currency), 0) != found.get((path, currency), 0)
    ]


def fold_rows(merchant_id: UUID) -> Sums:
    """What the entries of billing come to by its rows."""
    sums: Sums = defaultdict(int)
    for parts in (_invoices, _deferred, _out_of_band, _notes, _balances, _disputed):
        for path, currency, minor in parts(merchant_id):
            sums[path, currency] += minor
    return sums


def fold_owed(merchant_id: UUID) -> Sums:
    """What invoices are owed, less what payments have received for them that is not recorded here yet."""
    sums: Sums = defaultdict(int)
    invoices = Invoice.objects.for_merchant(merchant_id).filter(status__in=BINDING)
    owed = F("amount_due_minor") - F("amount_paid_minor") - F("credited_before_payment_minor")
    for currency, values in _by_currency(invoices, owed=owed):
        sums[accounts.RECEIVABLES, currency] += values["owed"]
    for currency, minor in _not_recorded_yet(merchant_id):
        sums[accounts.RECEIVABLES, currency] -= minor
    return sums


def _posted_by_billing(merchant_id: UUID) -> Sums:
    return sum_kinds(merchant_id, accounts.KINDS)


def _receivables_posted(merchant_id: UUID) -> Sums:
    posted = sum_kinds(merchant_id, (*accounts.KINDS, *KINDS_OF_PAYMENTS))
    return {name: minor for name, minor in posted.items() if name[0] == accounts.RECEIVABLES}


Moved = Iterable[tuple[str, str, int]]


def _invoices(merchant_id: UUID) -> Moved:
    rows = Invoice.objects.for_merchant(merchant_id).filter(status__in=BINDING)
    tax = F("tax_minor") + F("inclusive_tax_minor")
    for currency, values in _by_currency(rows, total=F("total_minor"), tax=tax):
        yield accounts.RECEIVABLES, currency, values["total"]
        yield accounts.SALES, currency, values["tax"] - values["total"]
        yield accounts.TAX_PAYABLE, currency, -values["tax"]


def _deferred(merchant_id: UUID) -> Moved:
    """What is not earned is no sale yet; what was taken back before it was earned is deferred no more."""
    rows = RevenueSchedule.objects.for_merchant(merchant_id).filter(invoice__status__in=BINDING)
    not_earned = F("amount_minor") - F("recognised_minor")
    for currency, values in _by_currency(rows, not_earned=not_earned, taken=F("taken_back_minor")):
        yield accounts.SALES, currency, values["not_earned"]
        yield accounts.DEFERRED_REVENUE, currency, values["taken"] - values["not_earned"]


def _out_of_band(merchant_id: UUID) -> Moved:
    rows = InvoicePayment.objects.for_merchant(merchant_id).filter(
        is_out_of_band=True, status=InvoicePaymentStatus.PAID
    )
    for currency, values in _by_currency(rows, paid=F("amount_minor")):
        yield accounts.BANK, currency, values["paid"]
        yield accounts.RECEIVABLES, currency, -values["paid"]


def _notes(merchant_id: UUID) -> Moved:
    rows = CreditNote.objects.for_merchant(merchant_id).filter(status=CreditNoteStatus.ISSUED)
    tax = F("tax_minor") + F("inclusive_tax_minor")
    for currency, values in _by_currency(
        rows,
        income=F("total_minor") - tax - F("balance_minor"),
        tax=tax,
        owed=F("pre_payment_minor"),
        refunded=F("refund_minor"),
        paid=F("out_of_band_minor"),
    ):
        yield accounts.CREDITS, currency, values["income"]
        yield accounts.TAX_PAYABLE, currency, values["tax"]
        yield accounts.RECEIVABLES, currency, -values["owed"]
        yield accounts.REFUNDS, currency, -values["refunded"]
        yield accounts.BANK, currency, -values["paid"]
    lines = CreditNoteLine.objects.for_merchant(merchant_id).filter(
        credit_note__status=CreditNoteStatus.ISSUED
    )
    for currency, values in _by_currency(lines, deferred=F("deferred_minor")):
        yield accounts.CREDITS, currency, -values["deferred"]


def _balances(merchant_id: UUID) -> Moved:
    rows = CustomerBalanceTransaction.objects.for_merchant(merchant_id)
    for path, moved in (
        (accounts.RECEIVABLES, rows.filter(type__in=OF_INVOICES)),
        (accounts.CREDITS, rows.exclude(type__in=OF_INVOICES)),
    ):
        for currency, values in _by_currency(moved, amount=F("amount_minor")):
            yield accounts.CUSTOMER_BALANCE, currency, values["amount"]
            yield path, currency, -values["amount"]


def _disputed(merchant_id: UUID) -> Moved:
    rows = DisputedPayment.objects.for_merchant(merchant_id)
    for status, against in (
        (DisputedPaymentStatus.CLAIMED, accounts.DISPUTED_PAYMENTS),
        (DisputedPaymentStatus.LOST, accounts.RECLAIMED),
    ):
        for currency, values in _by_currency(rows.filter(status=status), amount=F("amount_minor")):
            yield accounts.RECEIVABLES, currency, values["amount"]
            yield against, currency, -values["amount"]


def _not_recorded_yet(merchant_id: UUID) -> Iterable[tuple[str, int]]:
    """Payments whose news has not been heard: received and not applied, or returned and still applied."""
    rows = InvoicePayment.objects.for_merchant(merchant_id)
    waiting = rows.exclude(status=InvoicePaymentStatus.PAID)
    begun = waiting.filter(status=InvoicePaymentStatus.OPEN).values("id")
    received = list_payment_intents(merchant_id=merchant_id).filter(status=SUCCEEDED)
    for currency, values in _by_currency(received.filter(pk__in=begun), minor=F("amount_received_minor")):
        yield currency, values["minor"]
    late = waiting.exclude(status=InvoicePaymentStatus.OPEN).filter(payment_intent__status=SUCCEEDED)
    for currency, values in _by_currency(late, minor=F("payment_intent__amount_received_minor")):
        yield currency, values["minor"]
    charged = rows.filter(status=InvoicePaymentStatus.PAID, payment_intent__isnull=False)
    gone = charged.exclude(payment_intent__status=SUCCEEDED)
    for currency, values in _by_currency(gone, minor=F("amount_minor")):
        yield currency, -values["minor"]


def _by_currency(rows: QuerySet[Any], **sums: Any) -> Iterable[tuple[str, dict[str, int]]]:
    found = rows.order_by().values("currency").annotate(**{f"sum_{name}": Sum(sums[name]) for name in sums})
    for row in found:
        yield row["currency"], {name: int(row[f"sum_{name}"]) for name in sums}


def _merchants() -> list[UUID]:
    return list(Invoice.across_merchants.order_by().values_list("merchant_id", flat=True).distinct())
