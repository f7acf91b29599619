"""Two at once at the books: closing while others post into the same past, deciding the same adjustment."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest

from foundation.context import acting
from foundation.ids import new_id
from foundation.tenancy.models import Merchant
from foundation.transactions import owns_transaction
from ledger import steps
from ledger.errors import PeriodClosed, PeriodInvalid
from ledger.models import AccountingPeriod, JournalEntry, ManualAdjustment
from ledger.operations.approve_adjustment import approve_adjustment
from ledger.operations.close_period import close_period
from ledger.operations.freeze_period import freeze_period
from ledger.operations.request_adjustment import request_adjustment
from ledger.steps import Line
from tests.ledger.books import CLEARING, NOON, SALES, captured, own_checks, post, usd
from tests.races.together import together

pytestmark = pytest.mark.django_db(transaction=True)

SEPTEMBER = datetime(2024, 9, 15, tzinfo=UTC)
OCTOBER = datetime(2024, 10, 1, tzinfo=UTC)


@pytest.fixture
def merchant(transactional_db: None) -> Merchant:
    return Merchant.objects.create(name="Tea shop", default_currency="usd")


def test_nothing_slips_into_a_period_while_it_is_closed(merchant: Merchant) -> None:
    def capture(thread: int) -> int:
        for n in range(60):
            try:
                post(
                    merchant_id=merchant.id,
                    reference=f"capture:{thread}:{n}",
                    lines=captured(10),
                    effective_at=SEPTEMBER,
                )
            except PeriodClosed:
                return n
        return 60

    post(merchant_id=merchant.id, reference="first", lines=captured(10), effective_at=SEPTEMBER)
    close = partial(close_period, merchant_id=merchant.id, period_id=new_id(), ends_at=OCTOBER)

    *posted, period = together([*[partial(capture, thread) for thread in range(4)], close])
    freeze_period(merchant_id=merchant.id, period_id=period.id)

    assert sum(posted) + 1 == JournalEntry.across_merchants.count()
    assert own_checks(merchant.id).differences == []


def test_an_entry_that_was_posted_before_the_closing_and_commits_after_it_is_refused(
    merchant: Merchant,
) -> None:
    """The narrow case: the statement saw the books open, the commit finds them closed."""
    closings: list[object] = []

    @owns_transaction
    def post_slowly() -> None:
        steps.post_entry(
            merchant_id=merchant.id,
            kind="capture",
            reference="slow",
            lines=captured(10),
            source_kind="",
            source_id=None,
            effective_at=SEPTEMBER,
        )
        if not closings:
            close = partial(close_period, merchant_id=merchant.id, period_id=new_id(), ends_at=OCTOBER)
            closings.extend(together([close]))

    with pytest.raises(PeriodClosed):
        post_slowly()

    assert [type(closing) for closing in closings] == [AccountingPeriod]
    assert JournalEntry.across_merchants.count() == 0


def test_two_closings_at_once_close_once(merchant: Merchant) -> None:
    answers = together(
        [
            partial(close_period, merchant_id=merchant.id, period_id=new_id(), ends_at=OCTOBER)
            for _ in range(4)
        ]
    )

    assert sorted(type(answer).__name__ for answer in answers) == ["AccountingPeriod", *["PeriodInvalid"] * 3]
    assert AccountingPeriod.across_merchants.count() == 1
    assert PeriodInvalid.code == "ledger_period_invalid"


def test_two_approvals_at_once_post_once(merchant: Merchant) -> None:
    with acting(actor="staff:ada"):
        asked = request_adjustment(
            merchant_id=merchant.id,
            adjustment_id=new_id(),
            lines=[Line(CLEARING, usd(5)), Line(SALES, usd(-5))],
            effective_at=NOON,
            reason="Found",
        )

    def approve(name: str) -> ManualAdjustment:
        with acting(actor=name):
            return approve_adjustment(
                merchant_id=merchant.id, adjustment_id=asked.id, parameters_hash=asked.parameters_hash
            )

    decided = together([partial(approve, f"staff:{name}") for name in ("bob", "eve", "joe")])

    assert len({adjustment.decided_by for adjustment in decided}) == 1
    assert JournalEntry.across_merchants.count() == 1
