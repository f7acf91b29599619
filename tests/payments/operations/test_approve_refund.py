"""A refund above its asker's limit: promised at once, sent only when another person agrees to exactly it."""

from __future__ import annotations

import pytest
from django.db import DatabaseError

from foundation.ids import new_id
from foundation.jobs.models import Job
from foundation.money import Money
from foundation.transactions import owns_transaction
from payments.errors import (
    ChargeAlreadyRefunded,
    RefundAboveLimit,
    RefundApprovalDecided,
    RefundApprovalDiffers,
    RefundSecondPersonNeeded,
)
from payments.models import PaymentIntent, RefundApproval, RefundStatus
from payments.operations.cancel_refund import cancel_refund
from payments.operations.execute_refund import execute_refund
from payments.operations.lapse_refund_approvals import lapse_refund_approvals
from payments.operations.request_refund import request_refund
from payments.steps.hold_funds import hold_funds
from tests.factories.books import assert_books_agree
from tests.factories.later import later, look_after
from tests.factories.refund_people import approves, asks_for, refuses
from tests.factories.shop import Shop

Decision = RefundApproval.Decision
A_DAY = 24 * 3_600


@pytest.fixture
def intent(shop: Shop) -> PaymentIntent:
    return shop.pays(1_000)


def jobs(shop: Shop) -> int:
    return Job.objects.filter(merchant_id=shop.id, name="payments.execute_refund").count()


def test_above_the_limit_it_is_promised_but_not_sent(shop: Shop, intent: PaymentIntent) -> None:
    refund = asks_for(shop, intent, 600, limit=500)

    assert refund.status == RefundStatus.REQUIRES_APPROVAL
    assert (jobs(shop), shop.psp.refunds()) == (0, 0)
    asks_for(shop, intent, 400, limit=500, who="staff:eve")
    with pytest.raises(ChargeAlreadyRefunded):
        request_refund(merchant_id=shop.id, payment_intent_id=intent.id, refund_id=new_id())


def test_two_halves_are_one_whole(shop: Shop, intent: PaymentIntent) -> None:
    first = asks_for(shop, intent, 300, limit=500)
    second = asks_for(shop, intent, 201, limit=500)
    other = asks_for(shop, intent, 300, limit=500, who="staff:eve")

    assert [first.status, second.status, other.status] == [
        RefundStatus.CREATED,
        RefundStatus.REQUIRES_APPROVAL,
        RefundStatus.CREATED,
    ]


def test_the_same_request_twice_waits_once(shop: Shop, intent: PaymentIntent) -> None:
    key = new_id()

    first = asks_for(shop, intent, 600, limit=500, refund_id=key)
    second = asks_for(shop, intent, 600, limit=500, refund_id=key)

    assert first.id == second.id
    assert RefundApproval.objects.for_merchant(shop.id).count() == 1


def test_approved_it_is_sent_once_with_both_names(shop: Shop, intent: PaymentIntent) -> None:
    refund = asks_for(shop, intent, 600, limit=500)

    approval = approves(shop, refund)
    again = approves(shop, refund)

    assert (approval.decision, approval.requested_by, approval.decided_by) == (
        Decision.APPROVED,
        "staff:ada",
        "staff:bob",
    )
    assert (again.id, jobs(shop)) == (approval.id, 1)
    execute_refund(merchant_id=shop.id, refund_id=refund.id)
    assert shop.fresh(refund).status == RefundStatus.SUCCEEDED
    assert shop.ledger("income/refunds") == 600
    assert shop.psp.refunds() == 1
    assert_books_agree(shop)


def test_a_psp_that_does_not_answer_leaves_an_approved_refund_in_doubt_and_one_refund(
    shop: Shop, intent: PaymentIntent
) -> None:
    refund = asks_for(shop, intent, 600, limit=500)
    approves(shop, refund)

    shop.psp.fails("error_after_booking", operation="refund")
    execute_refund(merchant_id=shop.id, refund_id=refund.id)

    assert shop.fresh(refund).status == RefundStatus.UNKNOWN
    look_after(60)
    assert shop.fresh(refund).status == RefundStatus.SUCCEEDED
    assert shop.psp.refunds() == 1
    assert_books_agree(shop)


@pytest.mark.parametrize(
    ("approval", "refusal"),
    [
        ({"who": "staff:ada"}, RefundSecondPersonNeeded),
        ({"minor": 601}, RefundApprovalDiffers),
        ({"limit": 599}, RefundAboveLimit),
    ],
)
def test_what_may_not_be_approved_leaves_no_trace(
    approval: dict[str, object], refusal: type[Exception], shop: Shop, intent: PaymentIntent
) -> None:
    refund = asks_for(shop, intent, 600, limit=500)
    before = shop.footprint()

    with pytest.raises(refusal):
        approves(shop, refund, **approval)  # type: ignore[arg-type]

    assert shop.footprint() == before
    assert shop.fresh(refund).status == RefundStatus.REQUIRES_APPROVAL
    assert RefundApproval.objects.for_merchant(shop.id).get().decision == ""


def test_an_approvers_halves_are_one_whole_too(shop: Shop, intent: PaymentIntent) -> None:
    approves(shop, asks_for(shop, intent, 300, limit=100), limit=500)
    second = asks_for(shop, intent, 300, limit=100)

    with pytest.raises(RefundAboveLimit):
        approves(shop, second, limit=500)

    assert shop.fresh(second).status == RefundStatus.REQUIRES_APPROVAL
    assert jobs(shop) == 1
    assert approves(shop, second, who="staff:eve", limit=500).decision == Decision.APPROVED


def test_postgresql_knows_no_approval_of_ones_own(shop: Shop, intent: PaymentIntent) -> None:
    asks_for(shop, intent, 600, limit=500)
    approval = RefundApproval.objects.for_merchant(shop.id).get()

    approval.decision, approval.decided_by = Decision.APPROVED, approval.requested_by
    approval.decided_at = approval.requested_at

    with pytest.raises(DatabaseError, match="maker_is_not_checker"):
        approval.save(update_fields=["decision", "decided_by", "decided_at"])


def test_refused_its_amount_is_available_again(shop: Shop, intent: PaymentIntent) -> None:
    refund = asks_for(shop, intent, 600, limit=500)

    approval = refuses(shop, refund)

    assert (approval.decision, shop.fresh(refund).status) == (Decision.REFUSED, RefundStatus.CANCELED)
    assert (jobs(shop), shop.psp.refunds(), shop.ledger("income/refunds")) == (0, 0, 0)
    assert shop.gives_back(intent, 1_000).status == RefundStatus.SUCCEEDED
    with pytest.raises(RefundApprovalDecided):
        approves(shop, refund)


def test_it_lapses_when_the_payment_has_changed_since(shop: Shop, intent: PaymentIntent) -> None:
    refund = asks_for(shop, intent, 600, limit=500)
    shop.gives_back(intent, 100)

    approval = approves(shop, refund)

    assert (approval.decision, shop.fresh(refund).status) == (Decision.LAPSED, RefundStatus.CANCELED)
    assert (jobs(shop), shop.psp.refunds()) == (0, 1)


def test_nobody_decides_within_a_day_and_it_lapses(shop: Shop, intent: PaymentIntent) -> None:
    refund = asks_for(shop, intent, 600, limit=500)

    with later(A_DAY - 60):
        early = lapse_refund_approvals()
    with later(A_DAY + 60):
        in_time, again = lapse_refund_approvals(), lapse_refund_approvals()

    assert (early, in_time, again) == (0, 1, 0)
    assert shop.fresh(refund).status == RefundStatus.CANCELED
    assert shop.events()[-1] == "refund.updated"


def test_a_day_late_an_approval_is_too_late(shop: Shop, intent: PaymentIntent) -> None:
    refund = asks_for(shop, intent, 600, limit=500)

    with later(A_DAY + 60):
        approval = approves(shop, refund)

    assert (approval.decision, jobs(shop)) == (Decision.LAPSED, 0)


def test_a_withdrawn_refund_is_not_approved(shop: Shop, intent: PaymentIntent) -> None:
    refund = asks_for(shop, intent, 600, limit=500)
    cancel_refund(merchant_id=shop.id, refund_id=refund.id)

    with pytest.raises(RefundApprovalDecided):
        approves(shop, refund)

    with later(A_DAY + 60):
        assert lapse_refund_approvals() == 1
    assert shop.fresh(refund).status == RefundStatus.CANCELED


def test_a_dispute_overtakes_it(shop: Shop, intent: PaymentIntent) -> None:
    refund = asks_for(shop, intent, 600, limit=500)
    attempt = shop.attempt(intent)
    owns_transaction(hold_funds)(
        merchant_id=shop.id,
        attempt_id=attempt.id,
        holder_kind="dispute",
        holder_id=new_id(),
        amount=Money(1_000, "usd"),
    )

    with pytest.raises(RefundApprovalDecided):
        approves(shop, refund)

    assert shop.fresh(refund).status == RefundStatus.FAILED
    assert (jobs(shop), shop.psp.refunds()) == (0, 0)
