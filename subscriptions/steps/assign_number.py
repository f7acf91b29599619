"""The next number of a series, under the lock of its counter: no gaps, since it stands or falls with the invoice."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import joins_transaction
from subscriptions.locks import lock_billing_settings, lock_number_series
from subscriptions.models import BillingCustomer, BillingSettings, InvoiceNumberSeries, Numbering, SeriesKind

CUSTOMER_DIGITS = 3


@joins_transaction
def assign_number(kind: SeriesKind, *, settings: BillingSettings, billing_customer: BillingCustomer) -> str:
    """The billing customer is locked. Writes the series, which is made by its first number."""
    merchant_id = settings.merchant_id
    by_customer = settings.numbering == Numbering.CUSTOMER
    customer_id = billing_customer.customer_id if by_customer else None
    series = lock_number_series(merchant_id=merchant_id, kind=kind, customer_id=customer_id)
    if series is None:
        prefix = _prefix(kind, settings, billing_customer if by_customer else None)
        series = _open_series(merchant_id, kind, customer_id, prefix, settings, by_customer)
    series.last_number += 1
    series.save(update_fields=["last_number"])
    return series.number(series.last_number)


def _open_series(
    merchant_id: UUID,
    kind: SeriesKind,
    customer_id: UUID | None,
    prefix: str,
    settings: BillingSettings,
    by_customer: bool,
) -> InvoiceNumberSeries:
    new = InvoiceNumberSeries(
        merchant_id=merchant_id,
        kind=kind,
        customer_id=customer_id,
        prefix=prefix,
        digits=CUSTOMER_DIGITS if by_customer else settings.number_digits,
    )
    # Two first numbers at once: the second waits here for the first, and counts on from it.
    InvoiceNumberSeries.across_merchants.bulk_create([new], ignore_conflicts=True)
    series = lock_number_series(merchant_id=merchant_id, kind=kind, customer_id=customer_id)
    assert series is not None, "it was just made"
    return series


def _prefix(kind: SeriesKind, settings: BillingSettings, billing_customer: BillingCustomer | None) -> str:
    prefix = settings.invoice_prefix if kind == SeriesKind.INVOICE else settings.credit_note_prefix
    if billing_customer is None:
        return prefix
    if billing_customer.series_number is None:
        fresh = lock_billing_settings(merchant_id=settings.merchant_id)
        fresh.customers_numbered += 1
        fresh.save(update_fields=["customers_numbered"])
        billing_customer.series_number = fresh.customers_numbered
        billing_customer.save(update_fields=["series_number"])
    return f"{prefix}-{billing_customer.series_number:0{CUSTOMER_DIGITS}d}"
