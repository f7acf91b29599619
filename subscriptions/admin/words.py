"""Subscriptions and invoices in plain words: states as badges, prices as people say them, quantities, days."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from django.urls import reverse
from django.utils.safestring import SafeString

from foundation.backoffice.display import NOTHING, badge, link, readable
from foundation.money import Money, exponent_of
from payments.declines import decline_message
from subscriptions.models import (
    Coupon,
    Invoice,
    InvoiceReason,
    InvoiceStatus,
    Price,
    RunStatus,
    Subscription,
    SubscriptionStatus,
    TryOutcome,
)

S = SubscriptionStatus
SUBSCRIPTION_WORDS: dict[str, tuple[str, str]] = {
    S.INCOMPLETE: ("First payment missing", "warn"),
    S.INCOMPLETE_EXPIRED: ("Never paid", "calm"),
    S.TRIALING: ("Trial", "wait"),
    S.ACTIVE: ("Active", "good"),
    S.PAST_DUE: ("Past due", "bad"),
    S.UNPAID: ("Unpaid", "bad"),
    S.PAUSED: ("Paused", "warn"),
    S.CANCELED: ("Ended", "calm"),
}
INVOICE_WORDS: dict[str, tuple[str, str]] = {
    InvoiceStatus.DRAFT: ("Draft", "calm"),
    InvoiceStatus.OPEN: ("Open", "wait"),
    InvoiceStatus.PAID: ("Paid", "good"),
    InvoiceStatus.VOID: ("Void", "calm"),
    InvoiceStatus.UNCOLLECTIBLE: ("Uncollectible", "bad"),
}
REASON_WORDS: dict[str, str] = {
    InvoiceReason.CREATE: "first invoice",
    InvoiceReason.CYCLE: "renewal",
    InvoiceReason.UPDATE: "change in the period",
    InvoiceReason.THRESHOLD: "threshold reached",
    InvoiceReason.MANUAL: "made by hand",
}
RUN_WORDS: dict[str, tuple[str, str]] = {
    RunStatus.RUNNING: ("Trying again", "warn"),
    RunStatus.RECOVERED: ("Paid in the end", "good"),
    RunStatus.EXHAUSTED: ("Tries used up", "bad"),
    RunStatus.STOPPED: ("Stopped", "calm"),
}
TRY_WORDS: dict[str, tuple[str, str]] = {
    TryOutcome.STARTED: ("No answer yet", "wait"),
    TryOutcome.SUCCEEDED: ("Paid", "good"),
    TryOutcome.SOFT_DECLINE: ("Declined", "bad"),
    TryOutcome.HARD_DECLINE: ("Declined for good", "bad"),
    TryOutcome.GATEWAY_ERROR: ("PSP not reached", "warn"),
    TryOutcome.SKIPPED: ("Not charged", "calm"),
}
END_WORDS = {
    "cancel": "the subscription ends",
    "unpaid": "it is left unpaid, and new invoices stay drafts",
    "past_due": "it stays past due",
}
PAUSE_WORDS = {
    "keep_as_draft": "new invoices stay drafts",
    "mark_uncollectible": "new invoices are marked uncollectible",
    "void": "new invoices are voided",
}
OUR_REASONS = {
    "payment_method_missing": "The customer has no payment method.",
    "psp_unavailable": "The PSP could not be reached.",
}


def subscription_badge(subscription: Subscription) -> SafeString:
    """The state; and beside it what a state alone does not say."""
    shown = badge(*SUBSCRIPTION_WORDS[subscription.status])
    if subscription.halted_at:
        shown += badge("Renewing halted", "bad")
    if subscription.pause_behavior:
        shown += badge("Collection paused", "warn")
    if subscription.is_live and (subscription.cancel_at_period_end or subscription.cancel_at):
        shown += badge("Ends soon", "calm")
    return shown


def invoice_badge(invoice: Invoice) -> SafeString:
    return badge(*INVOICE_WORDS[invoice.status])


def invoice_title(invoice: Invoice) -> str:
    """Its number; a draft has none yet."""
    return invoice.number or "Draft"


def invoice_link(invoice: Invoice | None) -> str:
    if invoice is None:
        return NOTHING
    return link(invoice_title(invoice), reverse("admin:subscriptions_invoice_change", args=[invoice.pk]))


def subscription_link(subscription: Subscription | None) -> str:
    if subscription is None:
        return NOTHING
    address = reverse("admin:subscriptions_subscription_change", args=[subscription.pk])
    return link(subscription.public_id, address)


def customer_link(customer: Any) -> str:
    """By name or e-mail, leading to the customer's page."""
    if customer is None:
        return NOTHING
    name = customer.name or customer.email or customer.public_id
    return link(name, reverse("admin:payments_customer_change", args=[customer.pk]), is_code=False)


def interval_words(interval: str, count: int) -> str:
    """ "month", "3 months"."""
    return interval if count == 1 else f"{count} {interval}s"


def minor_words(minor: Decimal | None, currency: str) -> str:
    """ "10.00 USD", and "0.0045 USD" where a unit costs less than the smallest coin."""
    if minor is None:
        return NOTHING
    digits = exponent_of(currency)
    major = Decimal(minor).scaleb(-digits).normalize()
    exponent = major.as_tuple().exponent
    places = max(digits, -exponent if isinstance(exponent, int) else 0)
    pattern = "#,##0" + (f".{'0' * places}" if places else "")
    return f"{format_decimal(major, pattern, locale='en', decimal_quantization=False)} {currency.upper()}"


def amount_words(price: Price) -> str:
    """ "10.00 USD per seat and month", "from tiers (graduated) per month"."""
    unit = price.product.unit_label or "unit"
    if price.tiers:
        what = f"in {price.tiering} tiers"
    elif price.package_size:
        what = f"{minor_words(price.unit_amount, price.currency)} per {price.package_size:,} {unit}s"
    else:
        each = f" per {unit}" if price.is_metered or price.product.unit_label else ""
        what = f"{minor_words(price.unit_amount, price.currency)}{each}"
    if not price.is_recurring:
        return f"{what}, once"
    return f"{what} every {interval_words(price.interval, price.interval_count)}"


def price_words(price: Price) -> str:
    """ "Tea: 10.00 USD every month"; its product is loaded."""
    name = f"{price.product.name} ({price.nickname})" if price.nickname else price.product.name
    return f"{name}: {amount_words(price)}"


def quantity_words(quantity: Decimal | int | None) -> str:
    """ "3", "1.5"; nothing for what is counted by a meter."""
    if quantity is None:
        return NOTHING
    return format_decimal(Decimal(quantity).normalize(), "#,##0.############", locale="en")


def units_words(units: int, basis: str) -> str:
    """ "1,296,000 s", "15 days", by what the part of a period is measured in."""
    return f"{units:,} s" if basis == "second" else f"{units:,} day{'' if units == 1 else 's'}"


def off_words(coupon: Coupon) -> str:
    """ "25 % off, once", "5.00 USD off for 3 months"."""
    off = readable(coupon.amount_off) if coupon.amount_off else f"{quantity_words(coupon.percent_off)} %"
    lasts = {"once": ", once", "forever": " for good"}.get(coupon.duration)
    if lasts is None:
        months = coupon.duration_in_months or 0
        lasts = f" for {months} month{'' if months == 1 else 's'}"
    return f"{off} off{lasts}"


def why_declined(code: str) -> str:
    """Why a try failed, in a sentence; empty where there is no code."""
    return (OUR_REASONS.get(code) or decline_message(code, code)) if code else ""


def signed(money: Money) -> str:
    """As readable, with a real minus sign, so that a credit is seen at a glance."""
    return readable(money) if money.amount_minor >= 0 else f"−{readable(-money)}"
