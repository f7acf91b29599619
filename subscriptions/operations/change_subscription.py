"""Change a subscription, and let its payment decide as the behaviour says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from foundation.transactions import outside_transaction
from subscriptions.errors import SubscriptionChangePaymentFailed
from subscriptions.models import InvoiceStatus, Subscription
from subscriptions.operations.change_items import change_items
from subscriptions.operations.collect_invoice import collect_invoice
from subscriptions.operations.expire_pending_update import expire_pending_update
from subscriptions.operations.open_pending_update import open_pending_update
from subscriptions.queries.invoices import find_invoice, find_latest_payment
from subscriptions.queries.subscriptions import get_subscription
from subscriptions.steps.item_changes import ItemChange
from subscriptions.steps.restarts import Anchor


class UpdatePayment(StrEnum):
    """Stripe's words for what the payment of a change decides."""

    ALLOW_INCOMPLETE = "allow_incomplete"
    DEFAULT_INCOMPLETE = "default_incomplete"
    ERROR_IF_INCOMPLETE = "error_if_incomplete"
    PENDING_IF_INCOMPLETE = "pending_if_incomplete"


DECIDED_BY_PAYMENT = (UpdatePayment.ERROR_IF_INCOMPLETE, UpdatePayment.PENDING_IF_INCOMPLETE)


@outside_transaction
def change_subscription(
    *,
    merchant_id: UUID,
    subscription_id: UUID,
    change_id: UUID,
    changes: Sequence[ItemChange] = (),
    proration_behavior: str = "create_prorations",
    payment_behavior: UpdatePayment = UpdatePayment.ALLOW_INCOMPLETE,
    anchor: Anchor | str | None = None,
    proration_at: datetime | None = None,
    credits_unpaid: bool = False,
    preview_token: str = "",
    off_session: bool = True,
    in_background: bool = False,
) -> Subscription:
    """The subscription in the state reached. A change that still waits for its payment gives way to this one.

    change_id: the key's reserved id, which the invoice gets. payment_behavior: allow_incomplete makes the change, and a
    failure leaves the subscription past due; default_incomplete leaves the payment to the customer's client;
    pending_if_incomplete makes the change when it is paid, within 23 hours; error_if_incomplete refuses what is not
    paid now. in_background: a worker makes the call to the PSP. The others: as change_items.
    Raises: as change_items, open_pending_update and expire_pending_update; SubscriptionChangePaymentFailed under
    error_if_incomplete: the invoice is void then, and nothing has changed.
    Writes: as those and collect_invoice do.
    Safe to repeat: every part finds what it wrote before.
    """
    if find_invoice(merchant_id=merchant_id, invoice_id=change_id) is None:
        expire_pending_update(merchant_id=merchant_id, subscription_id=subscription_id, at_once=True)
    asked: dict[str, Any] = {
        "merchant_id": merchant_id,
        "subscription_id": subscription_id,
        "invoice_id": change_id,
        "changes": changes,
        "proration_behavior": proration_behavior,
        "anchor": anchor,
        "proration_at": proration_at,
        "credits_unpaid": credits_unpaid,
        "preview_token": preview_token,
    }
    if payment_behavior in DECIDED_BY_PAYMENT:
        open_pending_update(**asked)
    else:
        change_items(**asked, is_collected=payment_behavior == UpdatePayment.ALLOW_INCOMPLETE)
    if payment_behavior != UpdatePayment.ALLOW_INCOMPLETE:
        _collect(
            merchant_id=merchant_id,
            invoice_id=change_id,
            confirm=payment_behavior != UpdatePayment.DEFAULT_INCOMPLETE,
            off_session=off_session,
            in_background=in_background,
        )
    if payment_behavior == UpdatePayment.ERROR_IF_INCOMPLETE:
        _refuse_if_declined(merchant_id=merchant_id, subscription_id=subscription_id, invoice_id=change_id)
    return get_subscription(merchant_id=merchant_id, subscription_id=subscription_id)


def _collect(
    *, merchant_id: UUID, invoice_id: UUID, confirm: bool, off_session: bool, in_background: bool
) -> None:
    invoice = find_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    if invoice is None or invoice.status != InvoiceStatus.OPEN:
        return
    collect_invoice(
        merchant_id=merchant_id,
        invoice_id=invoice_id,
        attempt=1,
        confirm=confirm,
        off_session=off_session,
        in_background=in_background,
    )


def _refuse_if_declined(*, merchant_id: UUID, subscription_id: UUID, invoice_id: UUID) -> None:
    """A payment whose outcome is not known was not declined: the change waits for it."""
    invoice = find_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    if invoice is None or invoice.status == InvoiceStatus.PAID:
        return
    latest = find_latest_payment(invoice)
    if latest is not None and latest.decline_code:
        expire_pending_update(merchant_id=merchant_id, subscription_id=subscription_id, at_once=True)
        raise SubscriptionChangePaymentFailed(decline_code=latest.decline_code)
