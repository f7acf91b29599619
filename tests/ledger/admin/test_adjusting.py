"""Finance's pages: asking and approving, closing and opening, trial balance and statements."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from foundation.ids import new_id
from foundation.tenancy.models import Merchant
from foundation.tenancy.staff import create_staff
from ledger.models import AccountingPeriod, JournalEntry, LedgerAccount, ManualAdjustment
from ledger.queries.balances import get_balance
from tests.ledger.books import CLEARING, SALES, captured, captured_on, closed, post, usd

pytestmark = pytest.mark.django_db

OCTOBER = datetime(2024, 10, 1, tzinfo=UTC)
FEES = "expenses/psp_fees"


def person(name: str, merchant: Merchant, role: str = "finance") -> Client:
    staff = create_staff(
        username=name, role=role, password="correct-horse-battery", merchant_ids=[merchant.id]
    )
    client = Client()
    client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def ada(merchant: Merchant) -> Client:
    return person("ada", merchant)


@pytest.fixture
def bob(merchant: Merchant) -> Client:
    return person("bob", merchant)


def clearing_of(merchant: Merchant) -> LedgerAccount:
    return LedgerAccount.objects.for_merchant(merchant.id).get(path=CLEARING, currency="usd")


def action(model: str, verb: str, row_id: Any) -> str:
    return reverse(f"admin:ledger_{model}_{verb}", args=[row_id])


def ask(ada: Client, merchant: Merchant, **other: Any) -> Any:
    answers = {
        "form_key": str(new_id()),
        "side": "credit",
        "amount": "2.50",
        "against": FEES,
        "day": "2024-10-01",
        "reason": "The PSP's fee",
    }
    return ada.post(action("ledgeraccount", "adjust", clearing_of(merchant).id), answers | other)


def test_two_people_adjust_the_books(ada: Client, bob: Client, merchant: Merchant) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))

    assert ask(ada, merchant).status_code == 302
    asked = ManualAdjustment.across_merchants.get()
    page = bob.get(action("manualadjustment", "approve", asked.id)).content.decode()
    assert asked.parameters_hash in page
    answers = {"form_key": str(new_id()), "shown": asked.parameters_hash, "note": "Seen the invoice"}
    own = ada.post(action("manualadjustment", "approve", asked.id), answers)
    other = bob.post(action("manualadjustment", "approve", asked.id), answers)

    assert (own.status_code, other.status_code) == (422, 302)
    decided = ManualAdjustment.across_merchants.get()
    assert (decided.requested_by, decided.decided_by) == ("staff:ada", "staff:bob")
    assert get_balance(merchant.id, FEES, "usd").balance == usd(250)
    shown = bob.get(reverse("admin:ledger_manualadjustment_change", args=[asked.id])).content.decode()
    assert reverse("admin:ledger_journalentry_change", args=[decided.entry_id]) in shown


def test_a_path_that_is_none_is_said_in_the_form(ada: Client, merchant: Merchant) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))

    answer = ask(ada, merchant, against="fees")

    assert answer.status_code == 422
    assert "is not the path of a ledger account" in answer.content.decode()
    assert ManualAdjustment.across_merchants.count() == 0


def test_an_entry_is_reversed_by_two_people(ada: Client, bob: Client, merchant: Merchant) -> None:
    entry = post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))

    ada.post(
        action("journalentry", "reverse", entry.id),
        {"form_key": str(new_id()), "day": "2024-10-01", "reason": "Twice"},
    )
    asked = ManualAdjustment.across_merchants.get()
    bob.post(
        action("manualadjustment", "approve", asked.id),
        {"form_key": str(new_id()), "shown": asked.parameters_hash},
    )

    assert get_balance(merchant.id, CLEARING, "usd").balance == usd(0)
    assert JournalEntry.across_merchants.count() == 2


@pytest.mark.parametrize("role", ["agent", "auditor"])
def test_those_who_only_look_adjust_and_close_nothing(merchant: Merchant, role: str) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    looker = person("eve", merchant, role)

    assert ask(looker, merchant).status_code in (302, 403)
    close = looker.post(action("accountingperiod", "close", merchant.id), {"day": "2024-10-01"})

    assert close.status_code == 403
    assert ManualAdjustment.across_merchants.count() == 0
    assert AccountingPeriod.across_merchants.count() == 0


def test_the_books_are_closed_up_to_a_day_and_opened_by_another(
    ada: Client, bob: Client, merchant: Merchant
) -> None:
    captured_on(OCTOBER, "capture:1", 1000, merchant.id)

    listed = ada.get(reverse("admin:ledger_accountingperiod_changelist")).content.decode()
    close = action("accountingperiod", "close", merchant.id)
    assert close in listed
    ada.post(close, {"form_key": str(new_id()), "day": "2024-10-31"})
    period = AccountingPeriod.across_merchants.get()
    reopen = action("accountingperiod", "reopen", period.id)
    own = ada.post(reopen, {"form_key": str(new_id()), "reason": "Late invoice"})
    other = bob.post(reopen, {"form_key": str(new_id()), "reason": "Late invoice"})

    assert period.ends_at == OCTOBER + timedelta(days=31)
    assert (own.status_code, other.status_code) == (422, 302)
    assert AccountingPeriod.across_merchants.get().reopened_by == "staff:bob"


def test_another_merchants_books_are_not_closed(
    ada: Client, merchant: Merchant, other_merchant: Merchant
) -> None:
    captured_on(OCTOBER, "capture:1", 1000, other_merchant.id)

    answer = ada.post(action("accountingperiod", "close", other_merchant.id), {"day": "2024-10-31"})

    assert answer.status_code == 404
    assert AccountingPeriod.across_merchants.count() == 0


def test_a_period_shows_what_the_accounts_stood_at(ada: Client, merchant: Merchant) -> None:
    captured_on(OCTOBER, "capture:1", 123_456, merchant.id)
    period = closed(merchant.id, OCTOBER + timedelta(days=1))
    captured_on(OCTOBER + timedelta(days=2), "capture:2", 1, merchant.id)

    page = ada.get(reverse("admin:ledger_accountingperiod_change", args=[period.id])).content.decode()

    assert page.count("1,234.56 USD") == 4


def test_the_trial_balance_is_shown_now_and_at_the_end_of_a_day(ada: Client, merchant: Merchant) -> None:
    captured_on(OCTOBER, "capture:1", 1000, merchant.id)
    captured_on(OCTOBER + timedelta(days=1), "capture:2", 234, merchant.id)
    address = reverse("admin:ledger_ledgeraccount_trial_balance")

    now = ada.get(address).content.decode()
    then = ada.get(address, {"day": "2024-10-01"}).content.decode()

    assert now.count("12.34 USD") == 6
    assert then.count("10.00 USD") == 6
    assert "12.34" not in then
    assert "In balance" in then


def test_a_statement_leads_from_its_lines_to_their_entries(ada: Client, merchant: Merchant) -> None:
    captured_on(OCTOBER - timedelta(days=1), "capture:1", 1000, merchant.id)
    inside = captured_on(OCTOBER, "capture:2", 234, merchant.id)
    sales = LedgerAccount.objects.for_merchant(merchant.id).get(path=SALES)
    address = reverse("admin:ledger_ledgeraccount_statement", args=[sales.id])

    page = ada.get(address, {"from": "2024-10-01", "to": "2024-10-31"}).content.decode()

    assert reverse("admin:ledger_journalentry_change", args=[inside.id]) in page
    assert "capture:1" not in page
    assert (page.count("10.00 USD"), page.count("2.34 USD") - page.count("12.34 USD")) == (1, 1)
    assert page.count("12.34 USD") == 2


def test_another_merchants_books_are_in_no_report(
    ada: Client, merchant: Merchant, other_merchant: Merchant
) -> None:
    captured_on(OCTOBER, "capture:theirs", 98_765, other_merchant.id)

    trial = ada.get(reverse("admin:ledger_ledgeraccount_trial_balance"), {"merchant": str(other_merchant.id)})
    statement = ada.get(
        reverse("admin:ledger_ledgeraccount_statement", args=[clearing_of(other_merchant).id])
    )

    assert "987.65" not in trial.content.decode()
    assert statement.status_code == 404
