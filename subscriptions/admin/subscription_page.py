"""The variables of a subscription's page, all of them ready to be written out."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.urls import reverse

from foundation.backoffice.display import NOTHING, amount, badge, instant, link, readable
from foundation.errors import DomainError
from foundation.money import Money
from subscriptions.admin.dunning_lines import run_block
from subscriptions.admin.next_words import next_of_subscription
from subscriptions.admin.timeline import timeline_lines
from subscriptions.admin.what_if_columns import preview_lines, preview_totals
from subscriptions.admin.words import (
    REASON_WORDS,
    amount_words,
    customer_link,
    interval_words,
    invoice_badge,
    invoice_link,
    invoice_title,
    off_words,
    quantity_words,
    signed,
    subscription_badge,
    why_declined,
)
from subscriptions.models import Discount, Invoice, InvoicePayment, Subscription, SubscriptionItem
from subscriptions.operations.preview_renewal import RenewalPreview, preview_renewal
from subscriptions.queries.subscription_page import MOST_ROWS, SubscriptionPage
from subscriptions.queries.subscriptions import list_discounts, list_items, list_pending_items


def page_context(page: SubscriptionPage, staff: Any) -> dict[str, Any]:
    """staff: who reads; events lead to their pages for those who may open them."""
    subscription = page.subscription
    renewal, problem = _renewal(subscription)
    return {
        "subscription": subscription,
        "status_badge": subscription_badge(subscription),
        "customer": customer_link(subscription.customer),
        "next_words": next_of_subscription(page, renewal),
        "facts": _facts(page, renewal),
        "items": [_item(item) for item in (renewal.items if renewal else list_items(subscription))],
        "discounts": [
            _discount(one) for one in (renewal.discounts if renewal else list_discounts(subscription))
        ],
        "pending": _pending(subscription, renewal),
        "renewal_at": instant(renewal.period.start) if renewal else "",
        "renewal_lines": preview_lines(subscription, renewal.invoice, renewal.discounts) if renewal else [],
        "renewal_totals": preview_totals(subscription, renewal.invoice) if renewal else [],
        "renewal_problem": problem,
        "invoices": [_invoice(invoice) for invoice in page.invoices],
        "payments": [_payment(payment) for payment in page.payments],
        "runs": [run_block(run) for run in page.runs],
        "phases": _phases(page),
        "rows": _rows(page),
        "timeline": timeline_lines(
            page.events,
            page.changes,
            sees_machinery=staff.has_perm("foundation.view_event"),
            about={invoice.id: invoice_title(invoice) for invoice in page.invoices},
        ),
    }


def _renewal(subscription: Subscription) -> tuple[RenewalPreview | None, str]:
    """The next renewal as it would be now; and why there is none to show."""
    try:
        renewal = preview_renewal(merchant_id=subscription.merchant_id, subscription_id=subscription.id)
    except DomainError as error:
        return None, error.text
    ends = subscription.cancel_at
    if renewal is not None and ends is not None and ends <= renewal.period.start:
        return None, "It ends before another period begins."
    return renewal, "" if renewal is not None else "Nothing more is billed."


def _pending(subscription: Subscription, renewal: RenewalPreview | None) -> list[tuple[str, str]]:
    """What waits for the next invoice: the next renewal's, or, where none comes, the customer's."""
    if renewal is not None:
        lines = [line.new for line in renewal.invoice.lines]
        return [(line.description, signed(line.amount)) for line in lines if line.invoice_item is not None]
    waiting = list_pending_items(
        merchant_id=subscription.merchant_id,
        customer_id=subscription.customer_id,
        currency=subscription.currency,
    )
    own = [one for one in waiting[:MOST_ROWS] if one.subscription_id in (None, subscription.id)]
    return [(one.description, signed(one.amount)) for one in own]


def _facts(page: SubscriptionPage, renewal: RenewalPreview | None) -> list[tuple[str, Any]]:
    subscription = page.subscription
    total = Money(max(renewal.invoice.total_minor, 0), subscription.currency) if renewal else None
    facts: list[tuple[str, Any]] = []
    owed = sum((one.amount_remaining for one in page.invoices if one.status == "open"), _zero(subscription))
    if not owed.is_zero:
        listed = reverse("admin:subscriptions_invoice_changelist")
        address = f"{listed}?status=open&q={quote(subscription.public_id)}"
        facts.append(("Owed now", link(readable(owed), address, is_code=False)))
    if page.run is not None and page.run.next_try_at:
        facts.append(("Next try", instant(page.run.next_try_at)))
    facts += [
        ("Next renewal", amount(total) if total else NOTHING),
        ("Renews on", instant(subscription.next_billing_at) if renewal else NOTHING),
        ("Every", interval_words(subscription.interval, subscription.interval_count)),
        ("Period ends", instant(subscription.current_period_end_at) if subscription.is_live else NOTHING),
    ]
    if not page.balance.is_zero:
        whose = "Customer's credit" if page.balance.is_negative else "Customer owes us"
        facts.append((whose, amount(abs(page.balance))))
    return facts


def _zero(subscription: Subscription) -> Money:
    return Money.zero(subscription.currency)


def _rows(page: SubscriptionPage) -> list[tuple[str, Any]]:
    subscription = page.subscription
    method = page.method
    card = f"{(method.brand or method.type).capitalize()} •••• {method.last4}" if method else "None"
    how = "charged automatically"
    if subscription.collection_method == "send_invoice":
        how = f"sent, due within {subscription.days_until_due} days"
    rows: list[tuple[str, Any]] = [
        ("Customer", customer_link(subscription.customer)),
        ("Method", card),
        ("Invoices are", how),
        ("Latest invoice", invoice_link(subscription.latest_invoice)),
        ("Since", instant(subscription.started_at)),
        ("Billing day from", instant(subscription.anchor_at)),
        ("Zone", subscription.timezone),
        ("Merchant", subscription.merchant.name),
    ]
    if subscription.trial_end_at:
        rows.append(("Trial until", instant(subscription.trial_end_at)))
    if subscription.cancellation_reason:
        words = subscription.cancellation_comment or subscription.cancellation_reason.replace("_", " ")
        rows.append(("Canceled because", words))
    if subscription.test_clock:
        rows.append(("Test clock at", instant(subscription.test_clock.frozen_at)))
    return rows


def _item(item: SubscriptionItem) -> dict[str, str]:
    return {
        "product": item.price.product.name,
        "url": reverse("admin:subscriptions_price_change", args=[item.price_id]),
        "price": amount_words(item.price),
        "quantity": quantity_words(item.quantity) if item.quantity is not None else "metered",
    }


def _discount(discount: Discount) -> dict[str, Any]:
    return {
        "name": discount.coupon.name or discount.coupon.shown_id,
        "url": reverse("admin:subscriptions_coupon_change", args=[discount.coupon_id]),
        "words": off_words(discount.coupon),
        "until": instant(discount.ends_at) if discount.ends_at else "",
        "scope": "one item" if discount.subscription_item_id else "the whole subscription",
        "used": discount.times_used,
    }


def _invoice(invoice: Invoice) -> dict[str, Any]:
    return {
        "link": invoice_link(invoice),
        "reason": REASON_WORDS.get(invoice.reason, invoice.reason),
        "total": readable(invoice.total) if invoice.total_minor >= 0 else signed(invoice.total),
        "badge": invoice_badge(invoice),
        "at": instant(invoice.created_at),
    }


def _payment(payment: InvoicePayment) -> dict[str, Any]:
    states = {"open": ("Under way", "wait"), "paid": ("Paid", "good"), "canceled": ("Ended", "calm")}
    is_declined = payment.decline_code and payment.status != "paid"
    return {
        "badge": badge(*(("Declined", "bad") if is_declined else states[payment.status])),
        "amount": readable(payment.amount),
        "invoice": invoice_title(payment.invoice),
        "url": (
            reverse("admin:payments_paymentintent_change", args=[payment.payment_intent_id])
            if payment.payment_intent_id
            else ""
        ),
        "why": why_declined(payment.decline_code),
        "at": instant(payment.created_at),
    }


def _phases(page: SubscriptionPage) -> list[tuple[Any, int]]:
    """(when, how many items) of the planned changes that have not begun."""
    if page.schedule is None:
        return []
    return [
        (instant(phase.starts_at), len(phase.items))
        for phase in page.schedule.phases.all()
        if phase.applied_at is None
    ]
