"""The public addresses of an invoice, by its token."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from subscriptions.models import Invoice


def hosted_invoice_url(invoice: Invoice) -> str | None:
    """The customer's page; None for a draft."""
    return _address("hosted_invoice", invoice)


def invoice_pdf_url(invoice: Invoice) -> str | None:
    return _address("hosted_invoice_pdf", invoice)


def _address(name: str, invoice: Invoice) -> str | None:
    if not invoice.hosted_token:
        return None
    return f"{settings.PUBLIC_BASE_URL}{reverse(name, args=[invoice.hosted_token])}"
