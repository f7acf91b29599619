"""Two at once on a case or an authorization, with real threads and commits."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.context import acting
from foundation.errors import DomainError
from foundation.ids import new_id
from foundation.money import Money
from payments.models import AuthorizationIncrement, Case, CaseResolution, IntentStatus
from payments.operations.approve_case_resolution import approve_case_resolution
from payments.operations.increment_authorization import increment_authorization
from payments.operations.record_case_resolution import record_case_resolution
from payments.operations.resolve_unknown import resolve_unknown
from tests.factories.books import assert_books_agree
from tests.factories.case_people import asks, in_doubt
from tests.factories.shop import Shop
from tests.races.together import together

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 4


@pytest.fixture
def shop(transactional_db: None, shop: Shop) -> Shop:
    return shop


def refusals(answers: list[Any]) -> list[str]:
    for answer in answers:
        if isinstance(answer, Exception) and not isinstance(answer, DomainError):
            raise answer
    return sorted(answer.code for answer in answers if isinstance(answer, DomainError))


def test_approvals_and_recordings_at_once_book_once(shop: Shop) -> None:
    with acting(actor="staff:ada"):
        intent, case = in_doubt(shop)
        resolution = asks(shop, case)

    def approve_and_record() -> Any:
        with acting(actor="staff:bob"):
            approve_case_resolution(
                merchant_id=shop.id, resolution_id=resolution.id, parameters_hash=resolution.parameters_hash
            )
        return record_case_resolution(merchant_id=shop.id, resolution_id=resolution.id)

    answers = together([approve_and_record] * AT_ONCE)

    assert refusals(answers) == []
    assert shop.ledger("income/sales") == 10_00
    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED


def test_requests_at_once_leave_one_to_decide(shop: Shop) -> None:
    with acting(actor="staff:ada"):
        _, case = in_doubt(shop)

    answers = together([lambda: asks_as_ada(shop, case)] * AT_ONCE)

    assert refusals(answers) == ["case_resolution_pending"] * (AT_ONCE - 1)
    assert CaseResolution.objects.for_merchant(shop.id).count() == 1


def asks_as_ada(shop: Shop, case: Case) -> CaseResolution:
    with acting(actor="staff:ada"):
        return asks(shop, case)


def test_people_and_the_psp_at_once_book_once(shop: Shop) -> None:
    with acting(actor="staff:ada"):
        intent, case = in_doubt(shop)
        resolution = asks(shop, case)
    with acting(actor="staff:bob"):
        approve_case_resolution(
            merchant_id=shop.id, resolution_id=resolution.id, parameters_hash=resolution.parameters_hash
        )
    shop.psp.heals()

    answers = together(
        [
            lambda: record_case_resolution(merchant_id=shop.id, resolution_id=resolution.id),
            lambda: resolve_unknown(merchant_id=shop.id, kind="attempt", subject_id=shop.attempt(intent).id),
        ]
    )

    assert refusals(answers) == []
    assert shop.ledger("income/sales") == 10_00
    status = CaseResolution.objects.for_merchant(shop.id).get().status
    assert status in (CaseResolution.Status.RECORDED, CaseResolution.Status.LAPSED)


def test_increments_and_a_capture_at_once_move_one_thing(shop: Shop) -> None:
    intent = shop.authorizes(10_00)

    def more() -> AuthorizationIncrement:
        return increment_authorization(
            merchant_id=shop.id,
            payment_intent_id=intent.id,
            increment_id=new_id(),
            amount=Money(15_00, "usd"),
        )

    answers = together([more, more, lambda: shop.captures(intent, 5_00)])

    refusals(answers)
    done = AuthorizationIncrement.objects.for_merchant(shop.id).filter(status="succeeded").count()
    assert done <= 1
    assert_books_agree(shop)
