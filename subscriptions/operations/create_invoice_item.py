"""Create an amount by hand that waits for the customer's next invoice, or goes on a draft at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from foundation.money import Money
from foundation.tenancy.queries import get_merchant
from foundation.transactions import owns_transaction
from payments.queries.customers import get_live_customer
from subscriptions import events
from subscriptions.errors import InvoiceItemOffDraft, PriceNotOneTime, SubscriptionItemsDiffer
from subscriptions.locks import lock_invoice, lock_subscription
from subscriptions.models import Invoice, InvoiceItem, InvoiceStatus, Price
from subscriptions.queries.catalogue import get_price, get_tax_rates
from subscriptions.queries.invoices import find_invoice_item
from subscriptions.queries.subscriptions import now_of
from subscriptions.shapes import invoice_item_shape
from subscriptions.steps.announce import announce
from subscriptions.steps.billing_rows import billing_customer_of
from subscriptions.steps.manual_invoice import items_on, rewrite_draft

INSTANT = timedelta(seconds=1)
"""A period has an extent: an item of an instant covers its second."""


@owns_transaction
def create_invoice_item(
    *,
    merchant_id: UUID,
    invoice_item_id: UUID,
    customer_id: UUID,
    amount: Money,
    description: str = "",
    price_id: UUID | None = None,
    quantity: int = 1,
    unit_amount: Decimal | None = None,
    invoice_id: UUID | None = None,
    subscription_id: UUID | None = None,
    period: tuple[datetime, datetime] | None = None,
    tax_rate_ids: Sequence[UUID] = (),
    is_discountable: bool = True,
    metadata: Mapping[str, str] | None = None,
    may_exist: bool = False,
) -> InvoiceItem:
    """amount: negative for a credit; with price_id what so many of it cost. unit_amount: shown beside the quantity.

    invoice_id: a draft made by hand. subscription_id: waits for that one's next invoice.
    Raises: ResourceMissing, PriceNotOneTime, InvoiceItemOffDraft, SubscriptionItemsDiffer (another currency).
    Writes: the item, invoiceitem.created; the draft and its lines.
    Safe to repeat: with may_exist the same invoice_item_id finds the first one.
    """
    if may_exist:
        existing = find_invoice_item(merchant_id=merchant_id, invoice_item_id=invoice_item_id)
        if existing is not None:
            return existing
    customer = get_live_customer(merchant_id=merchant_id, customer_id=customer_id)
    price = _one_time_price(merchant_id, price_id)
    if subscription_id is not None:
        lock_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    invoice = _draft(merchant_id, invoice_id, customer_id, amount.currency)
    get_tax_rates(merchant_id=merchant_id, tax_rate_ids=tax_rate_ids)
    now = now_of(billing_customer_of(merchant_id=merchant_id, customer_id=customer_id).test_clock)
    item = InvoiceItem(
        id=invoice_item_id,
        merchant=get_merchant(merchant_id),
        customer=customer,
        subscription_id=subscription_id,
        price=price,
        description=description or (price.product.name if price else ""),
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        quantity=Decimal(quantity),
        unit_amount=unit_amount,
        is_discountable=is_discountable and amount.amount_minor > 0,
        period_start_at=period[0] if period else now,
        period_end_at=period[1] if period else now + INSTANT,
        tax_rate_ids=[str(rate_id) for rate_id in tax_rate_ids],
        metadata=dict(metadata or {}),
        invoice=invoice,
        created_at=now,
    )
    item.save(force_insert=True)
    _settle(item, invoice)
    return item


def _settle(item: InvoiceItem, invoice: Invoice | None) -> None:
    if invoice is not None:
        rewrite_draft(invoice, items_on(invoice))
    announce(item, events.INVOICE_ITEM_CREATED, invoice_item_shape(item, livemode=item.merchant.livemode))


def _one_time_price(merchant_id: UUID, price_id: UUID | None) -> Price | None:
    if price_id is None:
        return None
    price = get_price(merchant_id=merchant_id, price_id=price_id)
    if price.is_recurring:
        raise PriceNotOneTime(param="pricing[price]")
    return price


def _draft(merchant_id: UUID, invoice_id: UUID | None, customer_id: UUID, currency: str) -> Invoice | None:
    if invoice_id is None:
        return None
    invoice = lock_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    is_by_hand = invoice.status == InvoiceStatus.DRAFT and invoice.subscription_id is None
    if not is_by_hand or invoice.customer_id != customer_id:
        raise InvoiceItemOffDraft(param="invoice")
    if invoice.currency != currency:
        raise SubscriptionItemsDiffer("The invoice is in another currency.", param="currency")
    return invoice
