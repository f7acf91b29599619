"""Breaks in bulk: a file is previewed, committed, and done row by row, on from where it stood."""

from __future__ import annotations

from collections import Counter

import pytest

from foundation.context import acting
from foundation.jobs.models import Job
from foundation.tenancy.models import Merchant
from ledger.models import BreakFile, BreakFileRow, ReconciliationBreak
from ledger.reconciliation.break_files import write_break_rows
from ledger.reconciliation.errors import BreakFileCommitted, BreakFileInvalid, TwoPeopleNeeded
from ledger.reconciliation.operations.apply_break_file import apply_break_file
from ledger.reconciliation.operations.commit_break_file import commit_break_file
from ledger.reconciliation.operations.take_in_break_file import take_in_break_file
from ledger.reconciliation.queries.breaks import list_open_breaks
from tests.ledger.reconciliation.settlements import captured, charge_row, run, statement_of

pytestmark = pytest.mark.django_db

MANY = 2_300


@pytest.fixture
def breaks(merchant: Merchant) -> list[ReconciliationBreak]:
    captured(merchant.id, 0)
    statement_of(merchant.id, *(charge_row(number) for number in range(5)))
    run(merchant.id)
    return list(list_open_breaks(merchant.id).order_by("reference"))


def taken_in(merchant: Merchant, content: str, *, may_write_off: bool = True) -> BreakFile:
    with acting(actor="staff:ada"):
        return take_in_break_file(
            merchant_id=merchant.id, content=content.encode(), file_name="b.csv", may_write_off=may_write_off
        )


def filled_in(breaks: list[ReconciliationBreak], *asked: tuple[str, str, str]) -> str:
    rows = [f"{found.public_id},{','.join(asked)}" for found, asked in zip(breaks, asked, strict=True)]
    return "break,owner,explanation,write_off_reason\n" + "\n".join(rows) + "\n"


def committed(file: BreakFile, *, may_write_off: bool = True) -> BreakFile:
    with acting(actor="staff:bob"):
        return commit_break_file(merchant_id=file.merchant_id, file_id=file.id, may_write_off=may_write_off)


def applied(file: BreakFile, seconds: float = 20) -> bool:
    return apply_break_file(merchant_id=file.merchant_id, file_id=file.id, seconds=seconds)


def outcomes(file: BreakFile) -> list[str]:
    rows = BreakFileRow.objects.for_merchant(file.merchant_id).filter(file=file)
    return list(rows.order_by("line_number").values_list("outcome", flat=True))


def test_a_preview_changes_nothing_and_a_commit_does_each_row(
    merchant: Merchant, breaks: list[ReconciliationBreak]
) -> None:
    asked = [("kim", "", ""), ("", "Theirs", ""), ("", "", "Small"), ("kim", "Theirs", "Small")]
    file = taken_in(merchant, filled_in(breaks, *asked))
    assert (file.row_count, file.doable_count, file.status) == (4, 4, "previewed")
    assert {found.status for found in list_open_breaks(merchant.id)} == {"open"}

    committed(file)
    assert applied(file)

    assert outcomes(file) == ["Done"] * 4
    found = list(list_open_breaks(merchant.id).order_by("reference"))
    assert [(b.owner, b.explanation, b.status) for b in found] == [
        ("kim", "", "open"),
        ("", "Theirs", "explained"),
        ("", "", "write_off_requested"),
        ("kim", "Theirs", "write_off_requested"),
    ]
    # Asked for in the name of who committed: somebody else decides.
    assert {b.write_off_requested_by for b in found} == {"", "staff:bob"}
    assert BreakFile.objects.for_merchant(merchant.id).get().status == "done"


def test_a_row_that_cannot_be_done_leaves_the_others_alone(
    merchant: Merchant, breaks: list[ReconciliationBreak]
) -> None:
    file = taken_in(merchant, filled_in(breaks, *[("kim", "Theirs", "")] * 4))
    ReconciliationBreak.objects.for_merchant(merchant.id).filter(pk=breaks[1].pk).update(
        resolved_at=breaks[1].created_at
    )
    committed(file)

    assert applied(file)

    assert outcomes(file) == ["Done", "The break is not open, or waits for a decision.", "Done", "Done"]
    assert ReconciliationBreak.objects.for_merchant(merchant.id).get(pk=breaks[1].pk).owner == ""


def test_work_goes_on_where_it_stood_and_does_no_row_twice(
    merchant: Merchant, breaks: list[ReconciliationBreak]
) -> None:
    file = taken_in(merchant, filled_in(breaks, *[("kim", "", "")] * 4))
    committed(file)

    calls = [applied(file, seconds=0) for _ in range(6)]

    assert calls == [False, False, False, False, True, True]
    assert outcomes(file) == ["Done"] * 4


def test_who_may_not_ask_for_write_offs_does_not_through_a_file(
    merchant: Merchant, breaks: list[ReconciliationBreak]
) -> None:
    asked = [("kim", "", "Small"), *[("kim", "", "")] * 3]
    file = taken_in(merchant, filled_in(breaks, *asked), may_write_off=False)
    assert (file.row_count, file.doable_count) == (4, 3)
    committed(file, may_write_off=False)

    applied(file)

    assert outcomes(file) == ["You may not ask for write-offs.", "Done", "Done", "Done"]
    assert not list_open_breaks(merchant.id).filter(status="write_off_requested").exists()


def test_what_is_so_already_is_not_asked_again(merchant: Merchant, breaks: list[ReconciliationBreak]) -> None:
    content = filled_in(breaks, *[("kim", "", "")] * 4)
    first = taken_in(merchant, content)
    second = taken_in(merchant, content)
    for file in (first, second):
        committed(file)
        applied(file)

    assert Counter(outcomes(first) + outcomes(second)) == {"Done": 4, "Already so": 4}
    assert taken_in(merchant, content).row_count == 0


def test_a_file_is_committed_once_and_by_a_person(
    merchant: Merchant, breaks: list[ReconciliationBreak]
) -> None:
    file = taken_in(merchant, filled_in(breaks, *[("kim", "", "")] * 4))

    with acting(actor="api_key:1"), pytest.raises(TwoPeopleNeeded):
        commit_break_file(merchant_id=merchant.id, file_id=file.id, may_write_off=True)
    committed(file)
    with pytest.raises(BreakFileCommitted):
        committed(file)

    assert Job.objects.filter(name="ledger.apply_break_file").count() == 1


def test_a_file_of_thousands_is_taken_in_and_done(merchant: Merchant) -> None:
    statement_of(merchant.id, *(charge_row(number) for number in range(1, MANY + 1)))
    run(merchant.id)
    content = "".join(write_break_rows(list_open_breaks(merchant.id).order_by("id")))
    file = taken_in(merchant, content.replace(",open,,,", ",open,kim,,"))
    assert (file.row_count, file.doable_count) == (MANY, MANY)
    committed(file)

    while not applied(file):
        pass

    assert list_open_breaks(merchant.id).filter(owner="kim").count() == MANY


def test_another_file_than_was_downloaded_is_refused_and_leaves_no_trace(merchant: Merchant) -> None:
    with pytest.raises(BreakFileInvalid):
        taken_in(merchant, "a,b\n1,2\n")

    assert BreakFile.objects.for_merchant(merchant.id).count() == 0
