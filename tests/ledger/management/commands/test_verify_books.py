"""verify_books: JSON on standard output, the exit status says whether the books are whole."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from foundation.tenancy.models import Merchant
from ledger.queries.verify import LEDGER_CHECKS
from tests.factories.owner import past_the_triggers
from tests.ledger.books import captured, post

pytestmark = pytest.mark.django_db(transaction=True)


def test_whole_books_are_told_as_json(merchant: Merchant) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    out = StringIO()

    call_command("verify_books", merchant=merchant.public_id, stdout=out, check=LEDGER_CHECKS)

    answer = json.loads(out.getvalue())
    assert answer["ok"] is True
    assert (answer["entries"], answer["postings"], answer["differences"]) == (1, 2, [])


def test_a_difference_ends_with_status_one_and_says_what_differs(merchant: Merchant) -> None:
    posted = post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    past_the_triggers("UPDATE ledger_posting SET amount_minor = 999 WHERE amount_minor = 1000")
    out = StringIO()

    with pytest.raises(SystemExit) as end:
        call_command("verify_books", merchant=str(merchant.id), stdout=out, check=LEDGER_CHECKS)

    assert end.value.code == 1
    assert json.loads(out.getvalue())["differences"] == [
        {
            "check": "entries_are_whole",
            "merchant_id": str(merchant.id),
            "subject": f"entry {posted.id}",
            "expected": "2 postings, each currency at 0",
            "found": "2 postings, usd at -1",
        }
    ]


def test_an_id_of_no_merchant_is_refused(merchant: Merchant) -> None:
    with pytest.raises(CommandError):
        call_command("verify_books", merchant="acct_nobody", stdout=StringIO())


def test_a_check_that_nobody_knows_is_refused_and_not_passed_over(merchant: Merchant) -> None:
    with pytest.raises(CommandError, match="no_such_check"):
        call_command("verify_books", check=["no_such_check"], stdout=StringIO())
