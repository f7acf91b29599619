"""The pages of the books show balances and lines, never another merchant's, and change nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from foundation import clock
from foundation.tenancy.models import Merchant
from foundation.tenancy.staff import create_staff
from ledger.models import JournalEntry, LedgerAccount
from ledger.steps import Line
from tests.ledger.books import CLEARING, SALES, captured, post, usd
from tests.ledger.books import reverse as reverse_entry

pytestmark = pytest.mark.django_db

ACCOUNTS = "admin:ledger_ledgeraccount_changelist"
ACCOUNT = "admin:ledger_ledgeraccount_change"
ENTRIES = "admin:ledger_journalentry_changelist"
ENTRY = "admin:ledger_journalentry_change"


def logged_in(role: str, merchant: Merchant) -> Client:
    staff = create_staff(
        username="ada", role=role, password="correct-horse-battery", merchant_ids=[merchant.id]
    )
    client = Client()
    client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def finance(merchant: Merchant) -> Client:
    return logged_in("finance", merchant)


def clearing_of(merchant: Merchant) -> LedgerAccount:
    return LedgerAccount.objects.for_merchant(merchant.id).get(path=CLEARING, currency="usd")


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


def test_accounts_are_listed_with_their_balances(finance: Client, merchant: Merchant) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(123_456))
    post(merchant_id=merchant.id, reference="capture:2", lines=captured(5_000, "jpy"))

    page = text(finance.get(reverse(ACCOUNTS)))

    assert page.count("1,234.56 USD") == 2
    assert page.count("5,000 JPY") == 2


def test_the_list_of_accounts_costs_the_same_for_any_number(
    finance: Client, merchant: Merchant, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        lines = [Line(f"assets/psp_clearing/psp_{number}", usd(10)), Line(SALES, usd(-10))]
        post(merchant_id=merchant.id, reference=f"capture:{number}", lines=lines)

    with django_assert_max_num_queries(15):
        finance.get(reverse(ACCOUNTS))


def test_an_account_shows_its_balance_and_latest_postings(finance: Client, merchant: Merchant) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    post(merchant_id=merchant.id, reference="refund:1", lines=captured(-250))

    page = text(finance.get(reverse(ACCOUNT, args=[clearing_of(merchant).id])))

    assert "7.50 USD" in page
    assert page.index("refund:1") < page.index("capture:1")
    assert "10.00 USD" in page
    assert "2.50 USD" in page


def test_an_entry_shows_its_lines_and_what_it_reverses(finance: Client, merchant: Merchant) -> None:
    original = post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    reversal = reverse_entry(merchant_id=merchant.id, entry_id=original.id, reference="undo:1")

    page = text(finance.get(reverse(ENTRY, args=[reversal.id])))

    assert page.count("10.00 USD") == 2
    assert CLEARING in page
    assert reverse(ENTRY, args=[original.id]) in page


def test_an_entry_is_found_by_its_reference(finance: Client, merchant: Merchant) -> None:
    for number in (1, 2):
        post(merchant_id=merchant.id, reference=f"capture:{number}", lines=captured(1))

    page = text(finance.get(reverse(ENTRIES), {"q": "capture:2"}))

    assert "capture:2<" in page
    assert "capture:1<" not in page


def test_entries_are_found_by_the_day_they_were_recorded(merchant: Merchant) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1))

    # The id carries the real time, so it is the looking that is moved.
    with time_machine.travel(clock.now() + timedelta(days=1)):
        finance = logged_in("finance", merchant)
        today = text(finance.get(reverse(ENTRIES), {"created": "today"}))
        yesterday = text(finance.get(reverse(ENTRIES), {"created": "yesterday"}))

    assert "capture:1<" not in today
    assert "capture:1<" in yesterday


def test_another_merchants_books_are_not_there(
    finance: Client, merchant: Merchant, other_merchant: Merchant
) -> None:
    theirs = post(merchant_id=other_merchant.id, reference="capture:theirs", lines=captured(98_765))

    assert "987.65" not in text(finance.get(reverse(ACCOUNTS)))
    assert "capture:theirs" not in text(finance.get(reverse(ENTRIES)))
    for address in (
        reverse(ACCOUNT, args=[clearing_of(other_merchant).id]),
        reverse(ENTRY, args=[theirs.id]),
    ):
        answer = finance.get(address)
        assert answer.status_code == 302
        assert answer["Location"] == reverse("admin:index")


def test_the_books_are_for_those_who_may_see_them(merchant: Merchant) -> None:
    agent = logged_in("agent", merchant)

    assert agent.get(reverse(ACCOUNTS)).status_code == 403
    assert agent.get(reverse(ENTRIES)).status_code == 403


@pytest.mark.parametrize("verb", ["change", "delete"])
def test_no_form_changes_the_books(finance: Client, merchant: Merchant, verb: str) -> None:
    posted = post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))

    for model, row_id in (("journalentry", posted.id), ("ledgeraccount", clearing_of(merchant).id)):
        answer = finance.post(reverse(f"admin:ledger_{model}_{verb}", args=[row_id]), {"path": "assets/bank"})
        assert answer.status_code == 403

    assert finance.get(reverse("admin:ledger_journalentry_add")).status_code == 403
    assert JournalEntry.across_merchants.count() == 1
    assert clearing_of(merchant).path == CLEARING
