"""The proof of billing's books: it holds over everything billing does, and it sees each kind of error."""

from __future__ import annotations

import pytest
from django.db import connection

from foundation import clock
from foundation.ids import new_id
from foundation.money import Money
from foundation.transactions import owns_transaction
from ledger.queries.verify import Difference, check_names, verify_books
from ledger.steps import Line, post_entry
from subscriptions.models import Invoice
from subscriptions.operations.adjust_balance import adjust_balance
from subscriptions.operations.create_credit_note import Credited, NotePlan, create_credit_note
from subscriptions.operations.pay_invoice import pay_invoice
from subscriptions.operations.void_invoice import void_invoice
from subscriptions.queries.totals import BOOKED, CHECKS, NUMBERS, RECEIVABLES, WHOLE
from tests.factories.billing import Biller
from tests.factories.later import look_until_settled
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import open_shop


def found(biller: Biller) -> list[Difference]:
    return verify_books(biller.id, only=list(CHECKS)).differences


def owing(biller: Biller, amount: int = 1_000) -> Invoice:
    subscription = biller.subscribes(
        prices=[biller.price(amount)], collection_method="send_invoice", days_until_due=30
    )
    return biller.invoices(subscription)[0]


def credit(biller: Biller, invoice: Invoice, amount: int, **plan: int) -> None:
    create_credit_note(
        merchant_id=biller.id,
        credit_note_id=new_id(),
        invoice_id=invoice.id,
        credited=[Credited(biller.lines(invoice)[0].id, amount)],
        plan=NotePlan(**plan),
    )


@owns_transaction
def book(biller: Biller, kind: str, debit: str, credit_path: str) -> None:
    post_entry(
        merchant_id=biller.id,
        kind=kind,
        reference=f"by_mistake:{new_id()}",
        lines=[Line(debit, Money(7, "usd")), Line(credit_path, Money(-7, "usd"))],
        source_kind="",
        source_id=None,
        effective_at=clock.now(),
    )


def as_owner(sql: str, *parameters: object) -> None:
    """Past the triggers that refuse it: what nobody but the owner of the database could do."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE NONE")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql, parameters)
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("RESET ROLE")


def test_the_four_proofs_of_billing_are_among_the_checks() -> None:
    assert set(CHECKS) <= set(check_names())


def test_all_that_billing_does_folds_to_the_ledger(biller: Biller) -> None:
    paid = biller.invoices(biller.subscribes())[0]
    partly, voided, noted, apart = (owing(biller) for _ in range(4))
    adjust_balance(
        merchant_id=biller.id,
        customer_id=paid.customer_id,
        transaction_id=new_id(),
        amount=Money(-300, "usd"),
    )
    credit(biller, paid, 400, refund_minor=400)
    credit(biller, paid, 100)
    credit(biller, paid, 50, out_of_band_minor=50)
    pay_invoice(merchant_id=biller.id, invoice_id=partly.id, amount=Money(250, "usd"))
    credit(biller, voided, 100)
    void_invoice(merchant_id=biller.id, invoice_id=voided.id)
    credit(biller, noted, 1_000)
    pay_invoice(merchant_id=biller.id, invoice_id=apart.id, is_out_of_band=True)
    biller.subscribes(prices=[biller.price(12_000, interval="year")])

    assert found(biller) == []
    assert biller.shop.ledger("assets/receivables") == 750


@pytest.mark.parametrize(
    ("kind", "check", "subject"),
    [
        ("invoice_finalized", BOOKED, "income/sales usd"),
        ("payment_captured", RECEIVABLES, "assets/receivables usd"),
    ],
)
def test_an_entry_that_belongs_to_nothing_is_found(
    biller: Biller, kind: str, check: str, subject: str
) -> None:
    owing(biller)

    book(biller, kind, "assets/receivables", "income/sales")

    assert (check, subject) in [(one.check, one.subject) for one in found(biller)]


def test_what_a_person_adjusts_is_no_difference(biller: Biller) -> None:
    owing(biller)

    book(biller, "adjustment", "assets/receivables", "income/sales")

    assert found(biller) == []


@pytest.mark.parametrize(
    ("sql", "check"),
    [
        ("UPDATE subscriptions_invoice SET amount_paid_minor = 7 WHERE id = %s", WHOLE),
        ("UPDATE subscriptions_invoiceline SET amount_minor = 993 WHERE invoice_id = %s", WHOLE),
        ("DELETE FROM subscriptions_invoiceline WHERE invoice_id = %s", WHOLE),
    ],
)
def test_a_row_that_was_changed_past_the_triggers_is_found(biller: Biller, sql: str, check: str) -> None:
    invoice = owing(biller)

    as_owner(sql, invoice.id)

    assert check in {one.check for one in found(biller)}


def test_a_number_that_is_nowhere_is_found(biller: Biller) -> None:
    owing(biller)
    as_owner("UPDATE subscriptions_invoicenumberseries SET last_number = 2 WHERE merchant_id = %s", biller.id)

    [difference] = [one for one in found(biller) if one.check == NUMBERS]

    assert (difference.subject, difference.expected, difference.found) == ("series INV", "2", "1")


def test_a_payment_that_is_not_heard_of_yet_is_no_difference(biller: Biller) -> None:
    invoice = owing(biller)
    biller.shop.psp.fails("error_after_booking")
    pay_invoice(merchant_id=biller.id, invoice_id=invoice.id)
    look_until_settled()
    assert Invoice.objects.for_merchant(biller.id).get(pk=invoice.pk).status == "open"

    assert biller.shop.ledger("assets/receivables") == 0
    assert found(biller) == []


def test_another_merchants_books_are_not_looked_at(biller: Biller, psp: ScriptedPsp) -> None:
    other = Biller(open_shop(psp, name="Other"))
    book(other, "invoice_finalized", "assets/receivables", "income/sales")

    assert found(biller) == []
