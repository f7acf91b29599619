"""Credit notes: what remains is lowered first, the rest goes back exactly, and nothing is given back twice."""

from __future__ import annotations

from decimal import Decimal

import pytest

from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.money import Money
from subscriptions.errors import (
    CreditNoteExceedsInvoice,
    CreditNoteExceedsLine,
    CreditNoteNotVoidable,
    CreditNoteSplitDiffers,
)
from subscriptions.models import CreditNote, Invoice, InvoiceStatus
from subscriptions.operations.create_credit_note import Credited, NotePlan, create_credit_note
from subscriptions.operations.create_invoice import create_invoice
from subscriptions.operations.create_invoice_item import create_invoice_item
from subscriptions.operations.create_tax_rate import create_tax_rate
from subscriptions.operations.finalize_invoice import finalize_invoice
from subscriptions.operations.issue_credit_note import issue_credit_note
from subscriptions.operations.pay_invoice import pay_invoice
from subscriptions.operations.preview_credit_note import preview_credit_note
from subscriptions.operations.refund_credit_note import refund_credit_note
from subscriptions.operations.void_credit_note import void_credit_note
from tests.factories.billing import Biller
from tests.factories.books import assert_books_agree
from tests.factories.later import look_until_settled


def invoiced(biller: Biller, *amounts: int, is_paid: bool = True) -> Invoice:
    """Lines of 20 % tax, as the invoice of case E5."""
    customer = biller.customer()
    rate = create_tax_rate(
        merchant_id=biller.id,
        tax_rate_id=new_id(),
        display_name="VAT",
        percentage=Decimal(20),
        inclusive=False,
    )
    for amount in amounts:
        create_invoice_item(
            merchant_id=biller.id,
            invoice_item_id=new_id(),
            customer_id=customer.id,
            amount=Money(amount, "usd"),
            tax_rate_ids=[rate.id],
        )
    invoice = create_invoice(
        merchant_id=biller.id,
        invoice_id=new_id(),
        customer_id=customer.id,
        currency="usd",
        includes_pending=True,
    )
    if is_paid:
        return pay_invoice(merchant_id=biller.id, invoice_id=invoice.id)
    return finalize_invoice(merchant_id=biller.id, invoice_id=invoice.id)


def fresh(biller: Biller, invoice: Invoice) -> Invoice:
    return Invoice.objects.for_merchant(biller.id).get(pk=invoice.pk)


def credit(biller: Biller, invoice: Invoice, amount: int, **plan: int) -> CreditNote:
    line = biller.lines(invoice)[0]
    return create_credit_note(
        merchant_id=biller.id,
        credit_note_id=new_id(),
        invoice_id=invoice.id,
        credited=[Credited(line.id, amount)],
        plan=NotePlan(**plan),
    )


def test_case_E5_a_paid_invoice_is_refunded_with_its_tax(biller: Biller) -> None:
    invoice = invoiced(biller, 3_100, 3_100)
    assert invoice.total_minor == 7_440

    note = credit(biller, invoice, 1_600, refund_minor=1_920)

    assert (note.total_minor, note.refund_minor, note.balance_minor) == (1_920, 1_920, 0)
    assert (note.number, note.refund_id) == ("CN-0001", note.id)
    assert biller.shop.psp.books()["usd"]["refunds_amount_minor"] == 1_920
    assert biller.shop.ledger("liabilities/tax_payable") == 1_240 - 320
    assert biller.shop.ledger("assets/receivables") == 0
    assert biller.shop.ledger("income/refunds") == 0
    assert_books_agree(biller.shop)


def test_case_E7_an_unpaid_invoice_owes_less(biller: Biller) -> None:
    # "Refund 0, credit 19.20" of the source: 74.40 remain here, and the note lowers that before anything goes back.
    invoice = invoiced(biller, 3_100, 3_100, is_paid=False)

    note = credit(biller, invoice, 1_600)

    assert (note.pre_payment_minor, note.refund_minor, note.balance_minor) == (1_920, 0, 0)
    assert fresh(biller, invoice).amount_remaining == Money(5_520, "usd")
    assert biller.shop.ledger("assets/receivables") == 5_520


def test_what_is_left_goes_to_the_balance_and_pays_the_next_invoice(biller: Biller) -> None:
    invoice = invoiced(biller, 3_100)

    note = credit(biller, invoice, 1_000)

    assert note.balance_minor == 1_200
    assert biller.shop.ledger("liabilities/customer_balance") == 1_200
    assert fresh(biller, invoice).credited_after_payment_minor == 1_200
    assert_books_agree(biller.shop)


def test_an_open_invoice_credited_in_full_is_paid(biller: Biller) -> None:
    invoice = invoiced(biller, 1_000, is_paid=False)

    credit(biller, invoice, 1_000)

    assert fresh(biller, invoice).status == InvoiceStatus.PAID
    assert biller.shop.ledger("assets/receivables") == 0
    assert biller.shop.psp.charges() == 0


@pytest.mark.parametrize(
    ("amount", "plan", "refusal"),
    [
        (3_101, {}, CreditNoteExceedsLine),
        (100, {"refund_minor": 121}, CreditNoteSplitDiffers),
        (100, {"refund_minor": 60, "credit_minor": 50}, CreditNoteSplitDiffers),
    ],
)
def test_a_refusal_leaves_no_trace(
    biller: Biller, amount: int, plan: dict[str, int], refusal: type[Exception]
) -> None:
    invoice = invoiced(biller, 3_100)
    before = biller.footprint()

    with pytest.raises(refusal):
        credit(biller, invoice, amount, **plan)

    assert biller.footprint() == before
    assert not CreditNote.objects.for_merchant(biller.id).exists()


def test_notes_of_an_invoice_never_exceed_it(biller: Biller) -> None:
    invoice = invoiced(biller, 3_100)
    credit(biller, invoice, 3_100, refund_minor=3_720)

    with pytest.raises(CreditNoteExceedsLine):
        credit(biller, invoice, 1)
    with pytest.raises(CreditNoteExceedsInvoice):
        create_credit_note(
            merchant_id=biller.id,
            credit_note_id=new_id(),
            invoice_id=invoice.id,
            credited=[Credited(None, 1, description="More")],
        )
    assert biller.shop.psp.refunds() == 1


def test_the_same_note_twice_is_one_note_and_one_refund(biller: Biller) -> None:
    invoice = invoiced(biller, 3_100)
    line, note_id = biller.lines(invoice)[0].id, new_id()

    for _ in range(2):
        create_credit_note(
            merchant_id=biller.id,
            credit_note_id=note_id,
            invoice_id=invoice.id,
            credited=[Credited(line, 500)],
            plan=NotePlan(refund_minor=600),
        )
    run_due_jobs()

    assert CreditNote.objects.for_merchant(biller.id).count() == 1
    assert biller.shop.psp.refunds() == 1


def test_a_crash_before_the_refund_is_made_good_by_the_job(biller: Biller) -> None:
    invoice = invoiced(biller, 3_100)
    issue_credit_note(
        merchant_id=biller.id,
        credit_note_id=new_id(),
        invoice_id=invoice.id,
        credited=[Credited(biller.lines(invoice)[0].id, 500)],
        plan=NotePlan(refund_minor=600),
    )
    assert biller.shop.psp.refunds() == 0

    run_due_jobs()

    assert biller.shop.psp.refunds() == 1
    assert_books_agree(biller.shop)


def test_an_unknown_refund_is_resolved_and_never_sent_again(biller: Biller) -> None:
    invoice = invoiced(biller, 3_100)
    biller.shop.psp.fails("error_after_booking", operation="refund")

    note = credit(biller, invoice, 500, refund_minor=600)
    refund_credit_note(merchant_id=biller.id, credit_note_id=note.id)
    look_until_settled()

    assert biller.shop.psp.refunds() == 1
    assert_books_agree(biller.shop)


def test_a_note_that_lowered_what_remains_can_be_voided_and_keeps_its_number(biller: Biller) -> None:
    invoice = invoiced(biller, 3_100, is_paid=False)
    note = credit(biller, invoice, 500)

    voided = void_credit_note(merchant_id=biller.id, credit_note_id=note.id)

    assert (voided.status, voided.number) == ("void", "CN-0001")
    assert fresh(biller, invoice).amount_remaining == Money(3_720, "usd")
    assert biller.shop.ledger("assets/receivables") == 3_720
    with pytest.raises(CreditNoteNotVoidable):
        void_credit_note(merchant_id=biller.id, credit_note_id=note.id)
    assert credit(biller, invoice, 500).number == "CN-0002"


def test_a_preview_writes_nothing_and_says_what_comes(biller: Biller) -> None:
    invoice = invoiced(biller, 3_100)
    before = biller.footprint()

    _, preview = preview_credit_note(
        merchant_id=biller.id, invoice_id=invoice.id, credited=[Credited(biller.lines(invoice)[0].id, 500)]
    )

    assert biller.footprint() == before
    assert preview.total_minor == credit(biller, invoice, 500).total_minor == 600
