"""Importing: once by the file and once by the line; a bad line is kept and stops nothing."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection

from foundation.tenancy.models import Merchant
from ledger.models import Statement, StatementLine, UnreadLine
from ledger.reconciliation.errors import StatementUnreadable
from tests.ledger.reconciliation.settlements import charge_row, imported, report

pytestmark = pytest.mark.django_db


def test_the_same_file_again_changes_nothing(merchant: Merchant) -> None:
    content = report(charge_row(1), charge_row(2))
    first = imported(merchant.id, content)

    again = imported(merchant.id, content)

    assert (first.is_new, again.is_new) == (True, False)
    assert again.statement.id == first.statement.id
    assert StatementLine.objects.for_merchant(merchant.id).count() == 2


def test_overlapping_files_store_each_line_once(merchant: Merchant) -> None:
    imported(merchant.id, report(charge_row(1), charge_row(2)))

    second = imported(merchant.id, report(charge_row(2), charge_row(3))).statement

    assert (second.lines_stored, second.lines_known) == (1, 1)
    assert StatementLine.objects.for_merchant(merchant.id).count() == 3


def test_bad_lines_are_kept_with_their_reasons_and_the_others_are_in(merchant: Merchant) -> None:
    good = report(charge_row(1)).decode()
    bad = [
        charge_row(2, gross="ten").row(),
        charge_row(3, net="9.40").row(),
        charge_row(4, gross="10.001", net="9.411").row(),
        "too,short",
        charge_row(5, currency="us").row(),
    ]

    statement = imported(merchant.id, (good + "\n".join(bad) + "\n").encode()).statement

    assert (statement.lines_stored, statement.lines_unread) == (1, 5)
    kept = UnreadLine.objects.for_merchant(merchant.id).order_by("line_number")
    assert [(line.line_number, line.reason) for line in kept] == [
        (3, "'ten' is not an amount."),
        (4, "The net is not the gross less the fee."),
        (5, "'10.001' has more decimals than USD has."),
        (6, "The row has 2 columns where the header has 12."),
        (7, "'us' is not a currency."),
    ]
    assert kept[0].text == bad[0]


@pytest.mark.parametrize(
    ("format", "content"),
    [
        ("stripe_balance", b"a,b,c\n1,2,3\n"),
        ("stripe_balance", b""),
        ("camt053", b"<Document/>"),
        ("camt053", b"not xml"),
        ("camt053", b"<!DOCTYPE x [<!ENTITY a 'b'>]><Document><Stmt/></Document>"),
        ("mt940", b"nothing"),
        ("no_such_format", b""),
    ],
)
def test_a_file_of_another_format_is_refused_and_leaves_no_trace(
    merchant: Merchant, format: str, content: bytes
) -> None:
    with pytest.raises(StatementUnreadable):
        imported(merchant.id, content, format)

    assert Statement.objects.for_merchant(merchant.id).count() == 0


def test_characters_that_mean_something_to_copy_arrive_as_they_are(merchant: Merchant) -> None:
    awkward = 'say "x"\\N\tand\\t é'
    content = (
        report(charge_row(1)).decode().replace(",ch_1,,", f',ch_1,"{awkward.replace(chr(34), chr(34) * 2)}",')
    )

    imported(merchant.id, content.encode())

    assert StatementLine.objects.for_merchant(merchant.id).get().description == awkward


@pytest.mark.parametrize(
    "change",
    [
        "SET net_minor = 1, gross_minor = 1, fee_minor = 0",
        "SET reference = 'ch_2'",
        "SET occurred_at = now()",
    ],
)
def test_a_line_stays_as_it_was_told(merchant: Merchant, change: str) -> None:
    imported(merchant.id, report(charge_row(1)))

    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute(f"UPDATE ledger_statementline {change}")
