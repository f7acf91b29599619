"""Closing the books: what is dated inside a closed period is refused, and its balances are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from foundation import clock
from foundation.context import acting
from foundation.ids import new_id
from foundation.jobs.models import Job
from foundation.tenancy.models import Merchant
from ledger.errors import PeriodClosed, PeriodInvalid, PeriodNotLast, SecondPersonNeeded
from ledger.models import AccountingPeriod, JournalEntry, PeriodBalance
from ledger.operations.close_period import close_period
from ledger.operations.freeze_period import freeze_period
from ledger.operations.reopen_period import reopen_period
from ledger.queries.balances import list_balances_as_of
from ledger.queries.periods import date_in_open_period
from tests.ledger.books import CLEARING, captured, captured_on, closed, entry, own_checks, post_all
from tests.ledger.test_protection import run

pytestmark = pytest.mark.django_db

SEPTEMBER = datetime(2024, 9, 15, tzinfo=UTC)
OCTOBER = datetime(2024, 10, 1, tzinfo=UTC)
NOVEMBER = datetime(2024, 11, 1, tzinfo=UTC)
LAST_INSTANT = OCTOBER - timedelta(microseconds=1)


def clearing_at(merchant: Merchant, at: datetime) -> int:
    balances = list_balances_as_of(merchant.id, effective_at=at)
    return next(b.balance.amount_minor for b in balances if b.path == CLEARING)


def test_an_entry_dated_inside_a_closed_period_is_refused_and_one_after_it_is_not(merchant: Merchant) -> None:
    captured_on(SEPTEMBER, "capture:1", 1000, merchant.id)
    closed(merchant.id, OCTOBER)

    with pytest.raises(PeriodClosed):
        captured_on(LAST_INSTANT, "capture:2", 10, merchant.id)
    captured_on(OCTOBER, "capture:3", 30, merchant.id)

    assert list(JournalEntry.across_merchants.order_by("id").values_list("reference", flat=True)) == [
        "capture:1",
        "capture:3",
    ]


def test_a_repeat_of_what_was_posted_before_the_closing_answers_the_old_entry(merchant: Merchant) -> None:
    first = captured_on(SEPTEMBER, "capture:1", 1000, merchant.id)
    closed(merchant.id, OCTOBER)

    again = captured_on(SEPTEMBER, "capture:1", 1000, merchant.id)

    assert (again.id, again.is_new) == (first.id, False)


def test_a_batch_with_one_entry_inside_posts_nothing(merchant: Merchant) -> None:
    closed(merchant.id, OCTOBER)
    batch = [entry("capture:1", captured(10)), entry("capture:2", captured(20))]
    inside = type(batch[0])("capture", "capture:3", captured(30), SEPTEMBER)

    with pytest.raises(PeriodClosed):
        post_all(merchant_id=merchant.id, entries=[*batch, inside])

    assert JournalEntry.across_merchants.count() == 0


def test_another_merchants_closing_closes_nothing_here(merchant: Merchant, other_merchant: Merchant) -> None:
    closed(other_merchant.id, OCTOBER)

    assert captured_on(SEPTEMBER, "capture:1", 1000, merchant.id).is_new


def test_postgresql_refuses_an_entry_inside_however_it_is_written(merchant: Merchant) -> None:
    captured_on(SEPTEMBER, "capture:1", 1000, merchant.id)
    closed(merchant.id, OCTOBER)

    with pytest.raises(OperationalError, match="closed meanwhile"), transaction.atomic():
        run(
            "WITH e AS (INSERT INTO ledger_journalentry SELECT (jsonb_populate_record(e, jsonb_build_object("
            "'id', uuidv7(), 'reference', 'forged', 'xid', pg_current_xact_id()::text))).*"
            " FROM ledger_journalentry e RETURNING id)"
            " INSERT INTO ledger_posting (merchant_id, entry_id, line, account_id, amount_minor, currency)"
            " SELECT p.merchant_id, e.id, p.line, p.account_id, p.amount_minor, p.currency"
            " FROM e, ledger_posting p"
        )
        connection.check_constraints()

    assert JournalEntry.across_merchants.count() == 1


def test_periods_follow_each_other_and_keep_every_balance(merchant: Merchant) -> None:
    captured_on(SEPTEMBER, "capture:1", 1000, merchant.id)
    captured_on(OCTOBER + timedelta(days=3), "capture:2", 200, merchant.id)
    captured_on(NOVEMBER + timedelta(days=3), "capture:3", 30, merchant.id)

    first, second = closed(merchant.id, OCTOBER), closed(merchant.id, NOVEMBER)

    assert (first.starts_at, second.starts_at) == (None, OCTOBER)
    kept = PeriodBalance.objects.filter(account__path=CLEARING).order_by("id")
    assert [(row.period_id, row.debits, row.credits) for row in kept] == [
        (first.id, 1000, 0),
        (second.id, 1200, 0),
    ]
    assert [clearing_at(merchant, at) for at in (SEPTEMBER, LAST_INSTANT, OCTOBER, NOVEMBER)] == [
        1000,
        1000,
        1000,
        1200,
    ]
    assert clearing_at(merchant, NOVEMBER + timedelta(days=3)) == 1230
    assert own_checks(merchant.id).differences == []


def test_closing_stages_the_keeping_of_balances_once(merchant: Merchant) -> None:
    period_id = new_id()

    first = close_period(merchant_id=merchant.id, period_id=period_id, ends_at=OCTOBER)
    again = close_period(merchant_id=merchant.id, period_id=period_id, ends_at=OCTOBER)
    freeze_period(merchant_id=merchant.id, period_id=period_id)
    freeze_period(merchant_id=merchant.id, period_id=period_id)

    assert first == again
    assert Job.objects.filter(name="ledger.freeze_period").count() == 1


def test_a_period_that_has_hardly_ended_is_not_closed(merchant: Merchant) -> None:
    with pytest.raises(PeriodInvalid):
        close_period(merchant_id=merchant.id, period_id=new_id(), ends_at=clock.now() - timedelta(minutes=59))

    assert AccountingPeriod.across_merchants.count() == 0


def test_what_is_closed_is_not_closed_again(merchant: Merchant) -> None:
    closed(merchant.id, OCTOBER)

    with pytest.raises(PeriodInvalid):
        close_period(merchant_id=merchant.id, period_id=new_id(), ends_at=OCTOBER)

    assert AccountingPeriod.across_merchants.count() == 1


@pytest.mark.parametrize(
    ("starts_at", "ends_at"),
    [(None, NOVEMBER), (SEPTEMBER, NOVEMBER), (OCTOBER, clock.now() + timedelta(days=1))],
    ids=["from the beginning again", "with an overlap", "in the future"],
)
def test_postgresql_refuses_a_period_that_does_not_follow(
    merchant: Merchant, starts_at: datetime | None, ends_at: datetime
) -> None:
    closed(merchant.id, OCTOBER)

    with pytest.raises(IntegrityError, match="refused"), transaction.atomic():
        AccountingPeriod.across_merchants.create(
            merchant=merchant, starts_at=starts_at, ends_at=ends_at, closed_by="staff:ada"
        )

    assert AccountingPeriod.across_merchants.count() == 1


def test_another_person_opens_the_last_period_again(merchant: Merchant) -> None:
    captured_on(SEPTEMBER, "capture:1", 1000, merchant.id)
    period = closed(merchant.id, OCTOBER, by="staff:ada")

    with acting(actor="staff:ada"), pytest.raises(SecondPersonNeeded):
        reopen_period(merchant_id=merchant.id, period_id=period.id, reason="A late invoice")
    with acting(actor="staff:bob"):
        reopened = reopen_period(merchant_id=merchant.id, period_id=period.id, reason="A late invoice")

    assert (reopened.status, reopened.reopened_by) == ("reopened", "staff:bob")
    assert captured_on(SEPTEMBER, "capture:2", 50, merchant.id).is_new
    assert clearing_at(merchant, OCTOBER) == 1050
    closed(merchant.id, OCTOBER)
    assert clearing_at(merchant, OCTOBER) == 1050
    assert own_checks(merchant.id).differences == []


def test_only_the_last_period_is_opened_again(merchant: Merchant) -> None:
    first = closed(merchant.id, OCTOBER)
    closed(merchant.id, NOVEMBER)

    with acting(actor="staff:bob"), pytest.raises(PeriodNotLast):
        reopen_period(merchant_id=merchant.id, period_id=first.id, reason="A late invoice")

    assert AccountingPeriod.across_merchants.filter(status="closed").count() == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_accountingperiod SET ends_at = ends_at - interval '1 day'",
        "UPDATE ledger_accountingperiod SET closed_by = 'staff:eve'",
        "UPDATE ledger_accountingperiod SET status = 'reopened', reopened_at = now(), reopened_by = closed_by,"
        " reopen_reason = 'mine'",
        "DELETE FROM ledger_accountingperiod",
        "UPDATE ledger_periodbalance SET debits = 0",
        "DELETE FROM ledger_periodbalance",
    ],
)
def test_a_closed_period_cannot_be_edited(merchant: Merchant, statement: str) -> None:
    captured_on(SEPTEMBER, "capture:1", 1000, merchant.id)
    closed(merchant.id, OCTOBER)

    with pytest.raises(IntegrityError), transaction.atomic():
        run(statement)

    assert clearing_at(merchant, OCTOBER) == 1000


def test_late_news_is_dated_on_the_first_open_instant(merchant: Merchant) -> None:
    assert date_in_open_period(merchant.id, SEPTEMBER) == SEPTEMBER
    closed(merchant.id, OCTOBER)

    assert date_in_open_period(merchant.id, SEPTEMBER) == OCTOBER
    assert date_in_open_period(merchant.id, NOVEMBER) == NOVEMBER
