"""Lines of a PSP that can not be asked whose they are: what the line says alone has to find the movement."""

from __future__ import annotations

import pytest

from ledger.models import ReconciliationBreak
from payments.models import PspCall, RefundStatus
from payments.operations.answer_missing_line import answer_missing_line
from tests.factories.adyen import open_adyen_shop
from tests.factories.missing_lines import missing_line
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop

pytestmark = pytest.mark.django_db


def answered(shop: Shop, found: ReconciliationBreak) -> bool:
    return answer_missing_line(merchant_id=shop.id, break_id=found.id)


def test_line_that_carries_our_key_proves_a_charge_whose_answer_never_came(psp: ScriptedPsp) -> None:
    shop = open_adyen_shop(psp)
    shop.psp.fails("error_after_booking")
    intent = shop.pays(10_00)
    key = shop.attempt(intent).psp_key

    line = missing_line(
        shop, "charge", gross=10_00, fee=40, reference="8825408195409505", order_reference=key
    )

    assert answered(shop, line)
    attempt = shop.attempt(intent)
    assert (attempt.status, attempt.psp_reference, attempt.fee_minor) == ("succeeded", "8825408195409505", 40)


@pytest.mark.parametrize(("amount", "proven"), [(4_00, True), (3_00, False)])
def test_line_proves_the_one_refund_in_doubt_of_its_payment_and_amount(
    psp: ScriptedPsp, amount: int, proven: bool
) -> None:
    shop = open_adyen_shop(psp)
    intent = shop.pays(10_00)
    attempt = shop.attempt(intent)
    shop.psp.fails("error_after_booking", operation="refund")
    refund = shop.gives_back(intent, 4_00)

    line = missing_line(
        shop, "refund", gross=-amount, reference="8825408195409506", order_reference=attempt.psp_key
    )

    assert answered(shop, line) is proven
    fresh = shop.fresh(refund)
    assert (fresh.status == RefundStatus.SUCCEEDED) is proven
    assert fresh.psp_reference == ("8825408195409506" if proven else "")


def test_payout_of_a_psp_that_lists_none_is_told_by_its_line_alone(psp: ScriptedPsp) -> None:
    shop = open_adyen_shop(psp)

    assert answered(shop, missing_line(shop, "payout", gross=-90_00, reference="TX1XT batch 12"))

    assert shop.ledger("assets/cash_in_transit") == 90_00
    assert PspCall.objects.for_merchant(shop.id).count() == 0
