"""An invoice's public address can be revoked; a draft has none."""

from __future__ import annotations

import pytest

from foundation.events.models import Event
from foundation.ids import new_id
from subscriptions.errors import InvoiceUnexpectedState
from subscriptions.models import Invoice, InvoiceReason
from subscriptions.operations.renew_invoice_link import renew_invoice_link
from subscriptions.queries.hosted_invoices import find_hosted_invoice
from subscriptions.shapes.hosted_links import hosted_invoice_url, invoice_pdf_url
from tests.factories.billing import Biller


def test_the_old_token_finds_nothing_and_the_new_one_the_invoice(biller: Biller) -> None:
    invoice = biller.invoices(biller.subscribes())[0]
    old = invoice.hosted_token

    renewed = renew_invoice_link(merchant_id=biller.id, invoice_id=invoice.id)

    assert find_hosted_invoice(old) is None
    assert find_hosted_invoice(renewed.hosted_token) == invoice
    assert hosted_invoice_url(renewed).endswith(f"/invoices/{renewed.hosted_token}")
    told = Event.objects.for_merchant(biller.id).filter(type="invoice.updated").latest("position")
    assert told.data["hosted_invoice_url"] == hosted_invoice_url(renewed)
    assert invoice_pdf_url(renewed).endswith(f"/invoices/{renewed.hosted_token}/pdf")


def test_a_draft_has_no_address(biller: Biller) -> None:
    subscription = biller.subscribes()
    draft = Invoice(
        id=new_id(),
        merchant_id=biller.id,
        customer_id=subscription.customer_id,
        reason=InvoiceReason.MANUAL,
        currency="usd",
        collection_method="charge_automatically",
        period_start_at=subscription.current_period_start_at,
        period_end_at=subscription.current_period_end_at,
    )
    draft.save(force_insert=True)

    with pytest.raises(InvoiceUnexpectedState):
        renew_invoice_link(merchant_id=biller.id, invoice_id=draft.id)

    assert Invoice.objects.for_merchant(biller.id).get(pk=draft.pk).hosted_token == ""
    assert hosted_invoice_url(draft) is None
    assert find_hosted_invoice("") is None
