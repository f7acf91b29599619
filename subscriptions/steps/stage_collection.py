"""Have an open invoice collected by a worker: one job per invoice and try, however often it is asked for."""

from __future__ import annotations

from foundation.jobs.staging import stage_job
from foundation.transactions import joins_transaction
from subscriptions.models import CollectionMethod, Invoice, InvoiceStatus
from subscriptions.queries.invoices import find_latest_payment


@joins_transaction
def stage_collection(invoice: Invoice) -> None:
    """Writes a job, unless the invoice is sent, paid or left to a person."""
    is_charged = invoice.collection_method == CollectionMethod.CHARGE_AUTOMATICALLY
    if invoice.status != InvoiceStatus.OPEN or not invoice.auto_advance or not is_charged:
        return
    latest = find_latest_payment(invoice)
    attempt = latest.ordinal + 1 if latest else 1
    stage_job(
        "subscriptions.collect_invoice",
        {"merchant_id": str(invoice.merchant_id), "invoice_id": str(invoice.id), "attempt": attempt},
        merchant_id=invoice.merchant_id,
        dedupe_key=f"collect:{invoice.public_id}:{attempt}",
    )
