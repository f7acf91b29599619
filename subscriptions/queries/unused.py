"""What a subscription has paid for and not yet had, before tax."""

from __future__ import annotations

from dataclasses import replace

from foundation.money import Money
from subscriptions.models import InvoiceStatus, Subscription
from subscriptions.proration import credit_debit
from subscriptions.queries.noted import read_noted
from subscriptions.queries.subscriptions import list_covering_lines, list_items, now_of


def read_unused(subscription: Subscription) -> Money:
    """By the formula of a credit, for every paid line that covers something from now on."""
    now = now_of(subscription.test_clock)
    unused = Money.zero(subscription.currency)
    for item in list_items(subscription):
        lines = [line for line in list_covering_lines(item, now) if line.invoice.status == InvoiceStatus.PAID]
        noted = read_noted(lines)
        for line in lines:
            paid = line.as_debit()
            paid = replace(paid, credited_minor=paid.credited_minor + noted.get(line.id, 0))
            credit = credit_debit(paid, now)
            if credit is not None:
                unused -= Money(credit.amount_minor, subscription.currency)
    return unused
