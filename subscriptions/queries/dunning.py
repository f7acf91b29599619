"""Reading dunning: the run of an invoice, what is due, and what a customer owes beyond its date."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import F, Sum

from subscriptions.models import (
    BillingSettings,
    DunningPolicy,
    DunningRun,
    DunningTry,
    Invoice,
    InvoicePayment,
    InvoiceStatus,
    RunStatus,
)


def find_running_run(invoice: Invoice) -> DunningRun | None:
    """With its policy; the database allows one."""
    rows = DunningRun.objects.for_merchant(invoice.merchant_id).select_related("policy")
    return rows.filter(invoice_id=invoice.id, status=RunStatus.RUNNING).first()


def has_been_dunned(invoice: Invoice) -> bool:
    """Whether a run was ever begun for it."""
    return DunningRun.objects.for_merchant(invoice.merchant_id).filter(invoice_id=invoice.id).exists()


def find_default_policy(merchant_id: UUID) -> DunningPolicy | None:
    """What new failures of the merchant go by; None for the built-in days."""
    chosen = BillingSettings.objects.for_merchant(merchant_id).values("default_dunning_policy_id")
    return DunningPolicy.objects.for_merchant(merchant_id).filter(pk__in=chosen, is_active=True).first()


def find_run(*, merchant_id: UUID, dunning_run_id: UUID) -> DunningRun | None:
    rows = DunningRun.objects.for_merchant(merchant_id).select_related("policy")
    return rows.filter(pk=dunning_run_id).first()


def list_tries(run: DunningRun) -> list[DunningTry]:
    rows = DunningTry.objects.for_merchant(run.merchant_id).filter(run_id=run.id)
    return list(rows.order_by("ordinal"))


def list_due_runs(*, now: datetime, limit: int) -> list[tuple[UUID, UUID, datetime | None]]:
    """(id, merchant, when) of runs whose next try is due; test clocks turn their own."""
    rows = DunningRun.across_merchants.filter(
        status=RunStatus.RUNNING, next_try_at__lte=now, invoice__subscription__test_clock__isnull=True
    )
    return list(rows.order_by("next_try_at").values_list("id", "merchant_id", "next_try_at")[:limit])


def list_running_invoices(*, merchant_id: UUID, customer_id: UUID) -> list[Invoice]:
    """A customer's invoices that are being dunned, oldest first."""
    rows = Invoice.objects.for_merchant(merchant_id).select_related("subscription", "customer")
    return list(
        rows.filter(
            customer_id=customer_id, status=InvoiceStatus.OPEN, dunning_runs__status=RunStatus.RUNNING
        ).order_by("id")
    )


def read_overdue_minor(invoice: Invoice) -> int:
    """What the invoice's customer owes in its currency on open invoices whose collection has failed."""
    rows = Invoice.objects.for_merchant(invoice.merchant_id).filter(
        customer_id=invoice.customer_id,
        currency=invoice.currency,
        status=InvoiceStatus.OPEN,
        attempt_count__gt=0,
    )
    owed = F("amount_due_minor") - F("amount_paid_minor") - F("credited_before_payment_minor")
    return rows.aggregate(total=Sum(owed))["total"] or 0


def has_been_tried_with(invoice: Invoice, payment_method_id: UUID) -> bool:
    """Whether any try of this invoice was with this method."""
    rows = InvoicePayment.objects.for_merchant(invoice.merchant_id).filter(invoice_id=invoice.id)
    return rows.filter(payment_intent__latest_attempt__payment_method_id=payment_method_id).exists()


def list_running_of_subscription(*, merchant_id: UUID, subscription_id: UUID) -> list[UUID]:
    """The ids of a subscription's invoices that are being dunned, in the order in which they are locked."""
    rows = DunningRun.objects.for_merchant(merchant_id).filter(status=RunStatus.RUNNING)
    found = rows.filter(invoice__subscription_id=subscription_id).order_by("invoice_id")
    return list(found.values_list("invoice_id", flat=True))
