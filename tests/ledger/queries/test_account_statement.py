"""Statements of an account: opening, every line with the balance after it, closing; page by page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from foundation.errors import ResourceMissing
from foundation.tenancy.models import Merchant
from ledger.queries.account_statement import AccountStatement, get_account_statement
from ledger.queries.accounts import fold_into_chart, list_accounts
from ledger.queries.balances import get_balance, list_balances_as_of
from tests.ledger.books import CLEARING, SALES, captured_on, closed, usd

pytestmark = pytest.mark.django_db

START = datetime(2024, 10, 1, tzinfo=UTC)
END = datetime(2024, 11, 1, tzinfo=UTC)


@pytest.fixture
def books(merchant: Merchant) -> Merchant:
    """1.00 before October, 0.10 on each of its first five days, 0.01 on the first instant of November."""
    captured_on(START - timedelta(microseconds=1), "before", 100, merchant.id)
    for day in (4, 2, 0, 1, 3):
        captured_on(START + timedelta(days=day), f"day:{day}", 10, merchant.id)
    captured_on(END, "after", 1, merchant.id)
    return merchant


def statement(merchant: Merchant, path: str = SALES, **said: object) -> AccountStatement:
    account_id = get_balance(merchant.id, path, "usd").account_id
    assert account_id is not None
    return get_account_statement(merchant.id, account_id, starts_at=START, ends_at=END, **said)  # type: ignore[arg-type]


def test_lines_come_in_the_order_of_their_dates_with_the_balance_after_each(books: Merchant) -> None:
    found = statement(books)

    assert (found.opening, found.closing) == (usd(100), usd(150))
    assert [(line.reference, line.amount, line.balance) for line in found.lines] == [
        ("day:0", usd(-10), usd(110)),
        ("day:1", usd(-10), usd(120)),
        ("day:2", usd(-10), usd(130)),
        ("day:3", usd(-10), usd(140)),
        ("day:4", usd(-10), usd(150)),
    ]
    assert found.next_after is None


def test_pages_follow_each_other_without_a_gap(books: Merchant) -> None:
    pages, after = [], None
    while not pages or after is not None:
        page = statement(books, CLEARING, after=after, limit=2)
        pages.append(page)
        after = page.next_after

    assert [page.brought_forward for page in pages] == [usd(100), usd(120), usd(140)]
    assert [line.reference for page in pages for line in page.lines] == [f"day:{n}" for n in range(5)]
    assert pages[-1].lines[-1].balance == pages[-1].closing == usd(150)


def test_a_statement_reads_the_same_once_the_month_is_closed(books: Merchant) -> None:
    before = statement(books)

    closed(books.id, START)
    closed(books.id, END)

    assert statement(books) == before


def test_another_merchants_account_has_no_statement(books: Merchant, other_merchant: Merchant) -> None:
    account_id = get_balance(books.id, SALES, "usd").account_id
    assert account_id is not None

    with pytest.raises(ResourceMissing):
        get_account_statement(other_merchant.id, account_id, starts_at=START, ends_at=END)


def test_the_chart_adds_up_along_the_paths(books: Merchant) -> None:
    chart = fold_into_chart(list_balances_as_of(books.id, effective_at=END))

    assert [(branch.path, branch.depth, branch.accounts, branch.net_debit) for branch in chart] == [
        ("assets", 0, 1, usd(151)),
        ("assets/psp_clearing", 1, 1, usd(151)),
        ("assets/psp_clearing/psp_1", 2, 1, usd(151)),
        ("income", 0, 1, usd(-151)),
        ("income/sales", 1, 1, usd(-151)),
    ]


def test_accounts_are_found_by_path_currency_and_type(books: Merchant) -> None:
    def paths(**said: str) -> set[str]:
        return {account.path for account in list_accounts(books.id, **said)}

    assert paths() == {CLEARING, SALES}
    assert paths(below="assets") == {CLEARING}
    assert paths(below="asset") == set()
    assert paths(type="income", currency="usd") == {SALES}
    assert paths(currency="eur") == set()
