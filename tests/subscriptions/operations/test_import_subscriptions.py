"""Importing: what another system has billed so far goes on here with its own dates, and never twice."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from subscriptions.models import Subscription
from subscriptions.operations.change_items import change_items
from subscriptions.operations.import_subscriptions import Imported, import_subscriptions
from subscriptions.queries.subscriptions import list_items
from subscriptions.steps.item_changes import ItemChange
from tests.factories.billing import Biller
from tests.factories.books import assert_books_agree
from tests.subscriptions.clocks import Clockwork


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def works(biller: Biller) -> Clockwork:
    return Clockwork.of(biller, day("2026-03-10"))


Line = Callable[..., dict[str, str]]


@pytest.fixture
def line(biller: Biller, works: Clockwork) -> Line:
    """The period from 28 February that means the 31st, of a plan of 3,100 a month."""
    customer, price = works.customer(), biller.price(3_100)

    def make(**changes: str) -> dict[str, str]:
        return {
            "key": "old-1",
            "customer": customer.public_id,
            "price": price.public_id,
            "period_start": "2026-02-28",
            "period_end": "2026-03-31",
            "anchor_day": "31",
            "started_at": "2024-01-31T00:00:00+00:00",
        } | changes

    return make


def imports(biller: Biller, *lines: dict[str, str], **asked: Any) -> Imported:
    return import_subscriptions(merchant_id=biller.id, lines=lines, **asked)


def imported(biller: Biller) -> Subscription:
    return Subscription.objects.for_merchant(biller.id).get()


def test_case_A13_an_import_keeps_its_anchor_day(biller: Biller, works: Clockwork, line: Line) -> None:
    done = imports(biller, line())

    subscription = imported(biller)
    assert (done.new, done.known, done.refused) == (1, 0, [])
    assert (subscription.status, subscription.anchor_day) == ("active", 31)
    assert (subscription.started_at, subscription.import_key) == (day("2024-01-31"), "old-1")
    assert biller.invoices(subscription) == []
    works.goes_to(day("2026-06-01"))
    starts = [f"{one.period_start_at:%m-%d}" for one in biller.invoices(subscription)]
    assert starts == ["03-31", "04-30", "05-31"]
    assert [one.total_minor for one in biller.invoices(subscription)] == [3_100] * 3
    assert_books_agree(biller.shop)


def test_the_same_file_again_changes_nothing(biller: Biller, line: Line) -> None:
    imports(biller, line())
    before = biller.footprint()

    again = imports(biller, line(price="price_of_another_day", description="changed"))
    whole = imports(biller, line(description="changed"))

    assert [number for number, _ in again.refused] == [2]
    assert (whole.new, whole.known) == (0, 1)
    assert biller.footprint() == before


def test_a_rehearsal_says_what_would_happen_and_keeps_nothing(biller: Biller, line: Line) -> None:
    before = biller.footprint()

    done = imports(
        biller, line(), line(key="old-2", anchor_day="30", period_end="2026-03-30"), is_rehearsal=True
    )

    assert (done.new, [number for number, _ in done.refused]) == (2, [])
    assert biller.footprint() == before


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"key": ""}, "key is empty"),
        ({"customer": "cus_nobody"}, "not a cus_ id"),
        ({"price": "gold"}, "No such price"),
        ({"period_end": "2026-03-28"}, "the period lasts from 2026-02-28T00:00:00Z to 2026-03-31"),
        ({"anchor_day": "15"}, "the period lasts from 2026-02-15"),
        ({"anchor_day": "32"}, "1 to 31"),
        ({"quantity": "two"}, "no whole number"),
        ({"quantity": "1;2"}, "as many quantities"),
        ({"period_start": "2026-02-28T10:00:00"}, "no offset"),
        ({"started_at": "2026-03-01"}, "started_at is after"),
        ({"collection_method": "barter"}, "collection_method is one of"),
        ({"collection_method": "send_invoice"}, "days_until_due"),
        ({"is_paid": "maybe"}, "yes or no"),
    ],
)
def test_a_bad_line_is_named_with_its_reason_and_stops_nothing_else(
    changes: dict[str, str], reason: str, biller: Biller, line: Line
) -> None:
    done = imports(biller, line(**changes), line(key="good"))

    assert done.new == 1
    [(number, said)] = done.refused
    assert (number, reason in said) == (2, True), said
    assert imported(biller).import_key == "good"


def test_a_key_twice_in_a_file_is_a_mistake(biller: Biller, line: Line) -> None:
    done = imports(biller, line(), line(quantity="9"))

    assert (done.new, done.refused) == (1, [(3, "The key old-1 is on an earlier line already.")])


def test_what_was_paid_elsewhere_is_given_back_by_a_change(
    biller: Biller, works: Clockwork, line: Line
) -> None:
    imports(biller, line(is_paid="yes", anchor_day="", period_start="2026-03-01", period_end="2026-04-01"))
    subscription = imported(biller)
    [opening] = biller.invoices(subscription)
    assert (opening.total_minor, opening.status) == (0, "paid")
    assert [one.amount_minor for one in biller.lines(opening)] == [3_100, -3_100]
    works.goes_to(day("2026-03-16"))

    [item] = list_items(subscription)
    change_items(
        merchant_id=biller.id,
        subscription_id=subscription.id,
        changes=[ItemChange(item.id, quantity=2)],
        proration_behavior="always_invoice",
    )

    # 16 of 31 days are left.
    newest = biller.lines(biller.invoices(subscription)[-1])
    assert [one.amount_minor for one in newest] == [-1_600, 3_200]
    assert_books_agree(biller.shop)


def test_a_year_that_was_paid_elsewhere_earns_nothing_here(
    biller: Biller, works: Clockwork, line: Line
) -> None:
    price = biller.price(12_000, interval="year")

    done = imports(
        biller,
        line(
            price=price.public_id,
            is_paid="yes",
            anchor_day="",
            period_start="2026-01-01",
            period_end="2027-01-01",
        ),
    )

    assert (done.new, done.refused) == (1, [])
    [opening] = biller.invoices(imported(biller))
    assert (opening.total_minor, opening.status, opening.ledger_entry_id) == (0, "paid", None)
    works.goes_to(day("2026-06-16"))
    assert biller.shop.balances() == {}


def test_a_trial_goes_on_and_its_end_is_the_anchor(biller: Biller, works: Clockwork, line: Line) -> None:
    imports(
        biller,
        line(is_trial="yes", anchor_day="", period_start="2026-03-01", period_end="2026-03-20"),
    )

    subscription = imported(biller)
    assert (subscription.status, subscription.trial_end_at) == ("trialing", day("2026-03-20"))
    works.goes_to(day("2026-04-21"))
    starts = [f"{one.period_start_at:%m-%d}" for one in biller.invoices(subscription)]
    assert starts == ["03-20", "04-20"]


def test_the_command_prints_counts_and_refused_lines(
    biller: Biller, line: Line, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "old.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(line()))
        writer.writeheader()
        writer.writerows([line(), line(key="old-2", customer="cus_1")])
    merchant = biller.shop.merchant.public_id

    call_command("import_subscriptions", str(path), "--merchant", merchant, "--dry-run")
    rehearsed = json.loads(capsys.readouterr().out)
    call_command("import_subscriptions", str(path), "--merchant", merchant)
    done = json.loads(capsys.readouterr().out)

    assert (rehearsed["dry_run"], rehearsed["imported"], rehearsed["refused"]) == (True, 1, 1)
    assert (done["dry_run"], done["imported"], done["known"], done["refused"]) == (False, 1, 0, 1)
    assert done["lines"][0]["line"] == 3
    assert imported(biller).import_key == "old-1"


def test_a_file_without_its_columns_is_refused(biller: Biller, tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    path.write_text("key,customer\nold-1,cus_1\n")

    with pytest.raises(CommandError, match="has no column price"):
        call_command("import_subscriptions", str(path), "--merchant", biller.shop.merchant.public_id)

    assert not Subscription.objects.for_merchant(biller.id).exists()
