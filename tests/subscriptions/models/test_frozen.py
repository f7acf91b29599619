"""What PostgreSQL itself refuses: a finalized invoice is a document, a balance is never rewritten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from foundation import clock
from foundation.tenancy.models import Merchant
from foundation.tenancy.operations import create_merchant
from payments.models import Customer
from subscriptions.models import CustomerBalanceTransaction, Invoice, InvoiceLine
from tests.factories.owner import as_owner

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant() -> Merchant:
    return create_merchant(name="Tea shop", currency="usd")


def an_invoice(merchant: Merchant, **fields: Any) -> Invoice:
    customer = Customer(merchant=merchant)
    customer.save()
    start = clock.now()
    invoice = Invoice(
        merchant=merchant,
        customer=customer,
        reason="manual",
        currency="usd",
        period_start_at=start,
        period_end_at=start + timedelta(days=30),
        collection_method="charge_automatically",
        subtotal_minor=1_000,
        total_minor=1_000,
        amount_due_minor=1_000,
        **fields,
    )
    invoice.save()
    return invoice


def a_line(invoice: Invoice) -> InvoiceLine:
    line = InvoiceLine(
        merchant=invoice.merchant,
        invoice=invoice,
        ordinal=1,
        amount_minor=1_000,
        currency="usd",
        period_start_at=invoice.period_start_at,
        period_end_at=invoice.period_end_at,
    )
    line.save()
    return line


def finalized(merchant: Merchant) -> tuple[Invoice, InvoiceLine]:
    invoice = an_invoice(merchant)
    line = a_line(invoice)
    invoice.finalize(clock.now(), "INV-0001")
    invoice.save()
    return invoice, line


def refused(sql: str, *parameters: object) -> str:
    """By a trigger, even to the owner; the application may not so much as ask."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), as_owner() as cursor:
        cursor.execute(sql, parameters)
    return str(caught.value)


def test_a_draft_and_its_lines_may_change() -> None:
    invoice = an_invoice(create_merchant(name="Tea shop", currency="usd"))
    line = a_line(invoice)

    line.amount_minor = 900
    line.save()
    invoice.subtotal_minor = invoice.total_minor = invoice.amount_due_minor = 900
    invoice.save()

    assert InvoiceLine.objects.for_merchant(invoice.merchant_id).get().amount_minor == 900


@pytest.mark.parametrize(
    "change",
    [
        "total_minor = 1, subtotal_minor = 1",
        "number = 'INV-0002'",
        "customer_snapshot = '{}'",
        "status = 'draft'",
    ],
)
def test_a_finalized_invoice_keeps_its_figures(merchant: Merchant, change: str) -> None:
    invoice, _ = finalized(merchant)

    message = refused(f"UPDATE subscriptions_invoice SET {change} WHERE id = %s", invoice.id)

    assert "the invoice is finalized" in message


def test_a_finalized_invoice_is_not_deleted_and_neither_are_its_lines(merchant: Merchant) -> None:
    invoice, line = finalized(merchant)

    assert "finalized" in refused("DELETE FROM subscriptions_invoiceline WHERE id = %s", line.id)
    assert "finalized" in refused("DELETE FROM subscriptions_invoice WHERE id = %s", invoice.id)
    assert "finalized" in refused(
        "UPDATE subscriptions_invoiceline SET amount_minor = 1 WHERE id = %s", line.id
    )


def test_no_line_is_added_to_a_finalized_invoice(merchant: Merchant) -> None:
    invoice, line = finalized(merchant)
    line.pk = None

    with pytest.raises(IntegrityError, match="finalized"), transaction.atomic():
        InvoiceLine(
            merchant=merchant,
            invoice=invoice,
            ordinal=2,
            amount_minor=1,
            currency="usd",
            period_start_at=invoice.period_start_at,
            period_end_at=invoice.period_end_at,
        ).save()


def test_a_line_remembers_what_was_given_back_of_it_after_finalizing(merchant: Merchant) -> None:
    _, line = finalized(merchant)

    line.cut_at, line.credited_minor = line.period_start_at, 1_000
    line.save()

    assert "invoice_line_credits_within_it" in refused(
        "UPDATE subscriptions_invoiceline SET credited_minor = 1001 WHERE id = %s", line.id
    )


def test_a_payment_moves_a_finalized_invoice_on(merchant: Merchant) -> None:
    invoice, _ = finalized(merchant)

    invoice.amount_paid_minor = 1_000
    invoice.pay(clock.now())
    invoice.save()

    assert "invoice_not_overpaid" in refused(
        "UPDATE subscriptions_invoice SET amount_paid_minor = 1001 WHERE id = %s", invoice.id
    )


def test_one_invoice_per_subscription_period_and_reason_is_a_matter_of_the_database() -> None:
    names = {constraint.name: constraint for constraint in Invoice._meta.constraints}

    unique = names["invoice_once_per_period_and_reason"]

    assert unique.fields == ("merchant", "subscription", "period_start_at", "reason")


def test_a_balance_is_never_rewritten(merchant: Merchant) -> None:
    customer = Customer(merchant=merchant)
    customer.save()
    CustomerBalanceTransaction(
        merchant=merchant,
        customer=customer,
        ordinal=1,
        type="adjustment",
        amount_minor=-500,
        ending_balance_minor=-500,
        currency="usd",
    ).save()

    assert "append-only" in refused("UPDATE subscriptions_customerbalancetransaction SET amount_minor = 1")
    assert "append-only" in refused("DELETE FROM subscriptions_customerbalancetransaction")
