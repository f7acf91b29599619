"""The arrows of invoices and subscriptions: sections E and F of reference/billing_cases.md."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django_fsm import TransitionNotAllowed

from subscriptions.models import Invoice, InvoiceStatus, Subscription, SubscriptionStatus

AT = datetime(2026, 6, 1, tzinfo=UTC)
MOVES = {
    "finalize": lambda invoice: invoice.finalize(AT, "INV-1"),
    "pay": lambda invoice: invoice.pay(AT),
    "void": lambda invoice: invoice.void(AT),
    "give_up": lambda invoice: invoice.give_up(AT),
}


@pytest.mark.parametrize(
    ("status", "allowed"),
    [
        ("draft", {"finalize"}),
        ("open", {"pay", "void", "give_up"}),
        ("paid", set()),
        ("void", set()),
        ("uncollectible", {"pay", "void"}),
    ],
)
def test_case_E21_where_an_invoice_can_go(status: str, allowed: set[str]) -> None:
    done = set()
    for name, move in MOVES.items():
        try:
            move(Invoice(status=status))
        except TransitionNotAllowed:
            continue
        done.add(name)

    assert done == allowed


@pytest.mark.parametrize("status", [SubscriptionStatus.CANCELED, SubscriptionStatus.INCOMPLETE_EXPIRED])
def test_an_ended_subscription_stays_ended(status: str) -> None:
    for move in ("activate", "begin_trial", "fall_past_due", "pause", "leave_unpaid"):
        with pytest.raises(TransitionNotAllowed):
            getattr(Subscription(status=status), move)()


def test_an_end_bills_nothing_more() -> None:
    subscription = Subscription(status="active", next_billing_at=AT)

    subscription.cancel(AT)

    assert (subscription.status, subscription.ended_at, subscription.canceled_at) == ("canceled", AT, AT)
    assert subscription.next_billing_at is None


def test_a_draft_is_numbered_by_finalizing_it_and_not_before() -> None:
    invoice = Invoice()
    assert (invoice.status, invoice.number) == (InvoiceStatus.DRAFT, "")

    invoice.finalize(AT, "INV-0007")

    assert (invoice.status, invoice.number, invoice.finalized_at) == (InvoiceStatus.OPEN, "INV-0007", AT)
