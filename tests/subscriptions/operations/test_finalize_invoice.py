"""Finalizing: number, balance, snapshot and books stand or fall together."""

from __future__ import annotations

from datetime import timedelta

import pytest

from foundation import clock
from foundation.money import Money
from foundation.transactions import owns_transaction
from ledger.queries.verify import verify_books
from subscriptions.locks import lock_billing_customer
from subscriptions.models import (
    BalanceTransactionType,
    CustomerBalanceTransaction,
    Invoice,
    InvoiceNumberSeries,
    Subscription,
)
from subscriptions.operations.finalize_invoice import finalize_invoice
from subscriptions.operations.renew_subscription import renew_subscription
from subscriptions.steps.billing_rows import billing_settings_of
from subscriptions.steps.move_balance import move_balance
from subscriptions.steps.void_open_invoice import void_open_invoice
from tests.factories.billing import Biller
from tests.factories.later import later


@owns_transaction
def grant(*, merchant_id, customer_id, amount: int) -> None:  # type: ignore[no-untyped-def]
    lock_billing_customer(merchant_id=merchant_id, customer_id=customer_id)
    move_balance(
        merchant_id=merchant_id,
        customer_id=customer_id,
        amount=Money(-amount, "usd"),
        type_=BalanceTransactionType.ADJUSTMENT,
        at=clock.now(),
    )


@owns_transaction
def void(*, invoice: Invoice) -> None:
    void_open_invoice(invoice, now=clock.now())


@owns_transaction
def number_by_customer(*, merchant_id, prefix: str) -> None:  # type: ignore[no-untyped-def]
    settings = billing_settings_of(merchant_id)
    settings.numbering, settings.invoice_prefix = "customer", prefix
    settings.save()


def renewed(biller: Biller, subscription: Subscription) -> Invoice:
    subscription = biller.fresh(subscription)
    assert subscription.next_billing_at is not None
    with later((subscription.next_billing_at - clock.now()).total_seconds() + 1):
        draft = renew_subscription(merchant_id=biller.id, subscription_id=subscription.id)
    assert draft is not None
    return draft


def finalized(biller: Biller, draft: Invoice) -> Invoice:
    return finalize_invoice(merchant_id=biller.id, invoice_id=draft.id)


def test_a_finalized_invoice_is_numbered_frozen_and_booked(biller: Biller) -> None:
    subscription = biller.subscribes(biller.customer(name="Ada", email="ada@example.com"))
    draft = renewed(biller, subscription)

    invoice = finalized(biller, draft)

    assert (invoice.status, invoice.number, invoice.amount_due_minor) == ("open", "INV-0002", 1_000)
    assert invoice.customer_snapshot is not None and invoice.customer_snapshot["name"] == "Ada"
    assert invoice.seller_snapshot is not None and invoice.seller_snapshot["name"] == "Tea shop"
    assert biller.shop.ledger("assets/receivables") == 1_000
    assert len(invoice.hosted_token) >= 32
    assert verify_books(biller.id).differences == []


def test_finalizing_twice_gives_one_number_and_one_entry(biller: Biller) -> None:
    draft = renewed(biller, biller.subscribes())

    first = finalized(biller, draft)
    second = finalized(biller, draft)

    assert first.number == second.number == "INV-0002"
    assert InvoiceNumberSeries.objects.for_merchant(biller.id).get().last_number == 2
    assert biller.shop.ledger("assets/receivables") == 1_000


def test_case_E17_a_draft_has_no_number_and_numbers_have_no_gaps(biller: Biller) -> None:
    ahead, behind = biller.subscribes(), biller.subscribes()
    early, late = renewed(biller, ahead), renewed(biller, behind)
    assert (early.number, late.number) == ("", "")

    assert finalized(biller, late).number == "INV-0003"
    assert finalized(biller, early).number == "INV-0004"


def test_case_E15_a_series_for_each_customer(biller: Biller) -> None:
    number_by_customer(merchant_id=biller.id, prefix="P")
    subscriptions = [biller.subscribes() for _ in range(3)]

    first = [biller.invoices(subscription)[0].number for subscription in subscriptions]
    second = [finalized(biller, renewed(biller, subscription)).number for subscription in subscriptions]

    assert first == ["P-001-001", "P-002-001", "P-003-001"]
    assert second == ["P-001-002", "P-002-002", "P-003-002"]


@pytest.mark.parametrize(
    ("credit", "due", "left", "status"),
    [(300, 700, 0, "open"), (1_000, 0, 0, "paid"), (1_500, 0, -500, "paid")],
)
def test_customer_balance_pays_first(biller: Biller, credit: int, due: int, left: int, status: str) -> None:
    subscription = biller.subscribes()
    draft = renewed(biller, subscription)
    grant(merchant_id=biller.id, customer_id=subscription.customer_id, amount=credit)

    invoice = finalized(biller, draft)

    assert (invoice.amount_due_minor, invoice.ending_balance_minor, invoice.status) == (due, left, status)
    assert invoice.starting_balance_minor == -credit
    rows = CustomerBalanceTransaction.objects.for_merchant(biller.id).order_by("ordinal")
    assert [row.ending_balance_minor for row in rows] == [-credit, left]
    assert biller.shop.ledger("liabilities/customer_balance") == -left
    assert biller.shop.ledger("assets/receivables") == due
    assert verify_books(biller.id).differences == []


def test_voiding_gives_back_the_credit_it_used_and_leaves_the_books_even(biller: Biller) -> None:
    subscription = biller.subscribes()
    draft = renewed(biller, subscription)
    grant(merchant_id=biller.id, customer_id=subscription.customer_id, amount=300)
    before = biller.shop.balances()
    invoice = finalized(biller, draft)

    void(invoice=invoice)

    assert biller.shop.balances() == before
    assert Invoice.objects.for_merchant(biller.id).get(pk=invoice.pk).number == "INV-0002"
    assert verify_books(biller.id).differences == []


@pytest.mark.parametrize(("behavior", "status"), [("void", "void"), ("mark_uncollectible", "uncollectible")])
def test_a_paused_collection_ends_its_invoices_as_it_says(biller: Biller, behavior: str, status: str) -> None:
    subscription = biller.fresh(biller.subscribes())
    subscription.pause_behavior = behavior
    subscription.save()
    draft = renewed(biller, subscription)

    invoice = finalized(biller, draft)

    assert invoice.status == status
    assert biller.fresh(subscription).status == "active"
    assert biller.payments(invoice) == []


def test_a_draft_waits_its_hour(biller: Biller) -> None:
    draft = renewed(biller, biller.subscribes())

    assert draft.finalizes_at is not None
    assert draft.finalizes_at - draft.created_at >= timedelta(minutes=30)
