"""Two at once at reconciliation: runs, imports of one file, decisions about one break."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from foundation.context import acting
from foundation.events.models import Event
from foundation.tenancy.models import Merchant
from ledger.models import (
    JournalEntry,
    OpenItem,
    ReconciliationBreak,
    ReconciliationMatch,
    ReconciliationRun,
    Statement,
    StatementLine,
)
from ledger.reconciliation.errors import BreakNotOpen
from ledger.reconciliation.operations.approve_write_off import approve_write_off
from ledger.reconciliation.operations.assign_break import assign_break
from ledger.reconciliation.operations.explain_break import explain_break
from ledger.reconciliation.operations.match_by_hand import match_by_hand
from ledger.reconciliation.operations.request_write_off import request_write_off
from ledger.reconciliation.queries.breaks import get_break
from tests.ledger.reconciliation.settlements import (
    captured,
    charge_row,
    imported,
    one_break,
    report,
    run,
    statement_of,
)
from tests.races.together import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def merchant(transactional_db: None) -> Merchant:
    return Merchant.objects.create(name="Tea shop", default_currency="usd")


@pytest.fixture
def missing(merchant: Merchant) -> ReconciliationBreak:
    """9.41 USD that the PSP has and we do not."""
    captured(merchant.id, 1)
    statement_of(merchant.id, charge_row(1), charge_row(2))
    run(merchant.id)
    return one_break(merchant.id)


def approve(found: ReconciliationBreak, by: str) -> ReconciliationBreak:
    with acting(actor=f"staff:{by}"):
        return approve_write_off(
            merchant_id=found.merchant_id, break_id=found.id, amount_minor=941, currency="usd"
        )


def asked(found: ReconciliationBreak) -> ReconciliationBreak:
    with acting(actor="staff:ada"):
        return request_write_off(merchant_id=found.merchant_id, break_id=found.id, reason="Too small.")


def names_of(answers: list[Any]) -> list[str]:
    return sorted(type(answer).__name__ for answer in answers)


def test_runs_at_once_match_and_open_each_thing_once(merchant: Merchant) -> None:
    for number in range(30):
        captured(merchant.id, number)
    statement_of(merchant.id, *(charge_row(number) for number in range(5, 35)))

    runs = together([partial(run, merchant.id)] * 4)

    assert names_of(runs) == ["ReconciliationRun"] * 4
    assert sorted(done.matched for done in runs) == [0, 0, 0, 25]
    assert sorted(done.breaks_opened for done in runs) == [0, 0, 0, 10]
    assert ReconciliationMatch.objects.for_merchant(merchant.id).count() == 25
    assert ReconciliationBreak.objects.for_merchant(merchant.id).count() == 10
    assert Event.objects.for_merchant(merchant.id).count() == 5
    assert all(done.ties_out for done in runs)


def test_imports_of_one_file_at_once_store_it_once(merchant: Merchant) -> None:
    content = report(*(charge_row(number) for number in range(20)))

    answers = together([partial(imported, merchant.id, content)] * 4)

    assert sorted(answer.is_new for answer in answers) == [False, False, False, True]
    assert Statement.objects.for_merchant(merchant.id).count() == 1
    assert StatementLine.objects.for_merchant(merchant.id).count() == 20


def test_imports_and_runs_at_once_lose_no_line(merchant: Merchant) -> None:
    for number in range(40):
        captured(merchant.id, number)
    files = [report(*(charge_row(n) for n in range(first, first + 10))) for first in (0, 10, 20, 30)]
    work: list[Callable[[], Any]] = [partial(imported, merchant.id, content) for content in files]

    together([*work, *[partial(run, merchant.id)] * 3])
    done = run(merchant.id)

    assert ReconciliationMatch.objects.for_merchant(merchant.id).count() == 40
    assert (done.breaks_open, done.ties_out) == (0, True)
    assert OpenItem.objects.for_merchant(merchant.id).count() == 0


def test_captures_that_commit_while_runs_go_on_are_matched_in_the_end(merchant: Merchant) -> None:
    statement_of(merchant.id, *(charge_row(number) for number in range(40)))
    run(merchant.id)

    def book(first: int) -> None:
        for number in range(first, first + 10):
            captured(merchant.id, number)

    together([*[partial(book, first) for first in (0, 10, 20, 30)], *[partial(run, merchant.id)] * 3])
    done = run(merchant.id)

    assert ReconciliationMatch.objects.for_merchant(merchant.id).count() == 40
    assert (done.is_full, done.breaks_open, done.ties_out) == (False, 0, True)


def test_two_approvals_at_once_post_once(missing: ReconciliationBreak) -> None:
    asked(missing)
    before = JournalEntry.across_merchants.count()

    answers = together([partial(approve, missing, by) for by in ("bob", "eve", "joe")])

    assert names_of(answers) == ["BreakNotOpen", "BreakNotOpen", "ReconciliationBreak"]
    assert JournalEntry.across_merchants.count() == before + 1


def test_two_requests_at_once_ask_once(missing: ReconciliationBreak) -> None:
    answers = together([partial(asked, missing)] * 3)

    assert names_of(answers) == ["BreakNotOpen", "BreakNotOpen", "ReconciliationBreak"]


def test_assigning_and_writing_off_at_once_keep_both(missing: ReconciliationBreak) -> None:
    asked(missing)
    named = {"merchant_id": missing.merchant_id, "break_id": missing.id}

    assigned, ended = together(
        [partial(assign_break, **named, owner="kim"), partial(approve, missing, "bob")]
    )

    found = get_break(missing.merchant_id, missing.id)
    assert ended.status == found.status == "written_off"
    assert isinstance(assigned, BreakNotOpen) or found.owner == "kim"


def test_explaining_and_asking_to_write_off_at_once_lose_neither(missing: ReconciliationBreak) -> None:
    named = {"merchant_id": missing.merchant_id, "break_id": missing.id}

    explained, _ = together([partial(explain_break, **named, explanation="Theirs"), partial(asked, missing)])

    found = get_break(missing.merchant_id, missing.id)
    assert (found.status, found.write_off_requested_by) == ("write_off_requested", "staff:ada")
    assert isinstance(explained, BreakNotOpen) or found.explanation == "Theirs"


def test_a_write_off_beside_a_run_that_finds_the_entry_counts_the_money_once(
    missing: ReconciliationBreak,
) -> None:
    asked(missing)
    captured(missing.merchant_id, 2)

    together([partial(approve, missing, "bob"), partial(run, missing.merchant_id)])
    done = run(missing.merchant_id)

    found = get_break(missing.merchant_id, missing.id)
    is_matched = (
        ReconciliationMatch.objects.for_merchant(missing.merchant_id).filter(line=found.line_id).exists()
    )
    assert is_matched != (found.status == "written_off")
    assert done.ties_out


def test_a_break_is_matched_by_hand_once(merchant: Merchant) -> None:
    captured(merchant.id, 1)
    statement_of(merchant.id, charge_row(1, source="ch_elsewhere"))
    run(merchant.id)
    us, psp = ReconciliationBreak.objects.for_merchant(merchant.id).order_by("kind")
    match = partial(match_by_hand, merchant_id=merchant.id, break_id=us.id, other_break_id=psp.id)

    answers = together([match, match, match])

    assert names_of(answers) == ["BreakNotOpen", "BreakNotOpen", "NoneType"]
    assert ReconciliationMatch.objects.for_merchant(merchant.id).count() == 1
    assert ReconciliationRun.objects.for_merchant(merchant.id).count() == 1
