"""Two at once on a refund that waits for approval, with real threads and commits."""

from __future__ import annotations

import pytest

from foundation.errors import DomainError
from foundation.jobs.models import Job
from payments.models import Refund, RefundApproval, RefundStatus
from payments.operations.cancel_refund import cancel_refund
from tests.factories.refund_people import approves, asks_for, refuses
from tests.factories.shop import Shop
from tests.races.together import together

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 4


@pytest.fixture
def shop(transactional_db: None, shop: Shop) -> Shop:
    return shop


def jobs(shop: Shop) -> int:
    return Job.objects.filter(merchant_id=shop.id, name="payments.execute_refund").count()


def test_approvals_at_once_send_one_refund(shop: Shop) -> None:
    refund = asks_for(shop, shop.pays(1_000), 600, limit=500)

    answers = together([lambda: approves(shop, refund)] * AT_ONCE)

    assert [answer.decision for answer in answers] == ["approved"] * AT_ONCE
    assert jobs(shop) == 1


def test_yes_no_and_withdrawing_at_once_leave_one_decision(shop: Shop) -> None:
    refund = asks_for(shop, shop.pays(1_000), 600, limit=500)

    answers = together(
        [
            lambda: approves(shop, refund),
            lambda: refuses(shop, refund, who="staff:eve"),
            lambda: cancel_refund(merchant_id=shop.id, refund_id=refund.id),
        ]
    )

    assert all(isinstance(answer, RefundApproval | Refund | DomainError) for answer in answers)
    decision = RefundApproval.objects.for_merchant(shop.id).get().decision
    # Withdrawing may come after a yes as well, until the job has begun; the job then finds nothing to send.
    assert jobs(shop) == (1 if decision == "approved" else 0)
    assert shop.fresh(refund).status in (
        RefundStatus.CANCELED,
        *([RefundStatus.CREATED] if jobs(shop) else []),
    )


def test_two_halves_at_once_do_not_slip_under_the_limit(shop: Shop) -> None:
    intent = shop.pays(1_000)

    refunds = together([lambda: asks_for(shop, intent, 300, limit=500)] * 2)

    assert sorted(refund.status for refund in refunds) == [
        RefundStatus.CREATED,
        RefundStatus.REQUIRES_APPROVAL,
    ]
