"""Three books of billing side by side: they agree while all is well, and a cent that is wrong in one is seen."""

from __future__ import annotations

from subscriptions.models import CollectionMethod, Invoice
from subscriptions.operations.void_invoice import void_invoice
from subscriptions.queries.invoiced import (
    Invoiced,
    count_by_status,
    read_collected,
    read_invoiced,
    read_receivables,
)
from tests.factories.billing import Biller


def test_invoices_receivables_and_payments_agree_by_currency(biller: Biller) -> None:
    biller.subscribes(prices=[biller.price(1_000)])
    biller.subscribes(prices=[biller.price(2_500, currency="eur")])
    sent = {"collection_method": CollectionMethod.SEND_INVOICE, "days_until_due": 30}
    biller.subscribes(prices=[biller.price(700)], **sent)
    voided = biller.subscribes(prices=[biller.price(900)], **sent)
    void_invoice(merchant_id=biller.id, invoice_id=biller.invoices(voided)[0].id)

    invoices = read_invoiced(merchant_id=biller.id)

    assert invoices == {"usd": Invoiced(1_700, 1_000, 700), "eur": Invoiced(2_500, 2_500, 0)}
    assert read_receivables(merchant_id=biller.id) == invoices
    assert read_collected(merchant_id=biller.id) == {"usd": 1_000, "eur": 2_500}
    assert count_by_status(merchant_id=biller.id)["invoices"] == {"paid": 2, "open": 1, "void": 1}


def test_a_cent_that_only_the_invoice_knows_is_seen(biller: Biller) -> None:
    subscription = biller.subscribes()
    Invoice.objects.for_merchant(biller.id).filter(subscription=subscription).update(amount_paid_minor=999)

    assert read_invoiced(merchant_id=biller.id) == {"usd": Invoiced(1_000, 999, 1)}
    assert read_receivables(merchant_id=biller.id) == {"usd": Invoiced(1_000, 1_000, 0)}
    assert read_collected(merchant_id=biller.id) == {"usd": 1_000}
