"""What happens at Adyen without us: somebody presses a button in its Customer Area, or time runs out there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from payments.models import AttemptStatus, CaseKind, IntentStatus
from payments.psp.sandbox.sandbox import Sandbox
from tests.factories.adyen import item_of, open_adyen_shop, tell, told
from tests.factories.books import assert_books_agree
from tests.factories.later import look_after
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop

UNMATCHED_FOR_GOOD = 700


@pytest.fixture
def shop(db: None, sandbox: Sandbox) -> Iterator[Shop]:
    psp = ScriptedPsp(sandbox, key=f"AQE{new_id().hex}")
    yield open_adyen_shop(psp)
    psp.heals()


@pytest.mark.parametrize("code", ["REFUND", "CANCEL_OR_REFUND"])
def test_refund_that_nobody_here_asked_for_comes_before_a_person(shop: Shop, code: str) -> None:
    attempt = shop.attempt(shop.pays(10_00))
    before = shop.balances()

    # Adyen repeats the payment's own reference where the one who pressed gave none.
    tell(shop, item_of(code, merchantReference=attempt.psp_key, originalReference=attempt.psp_reference))
    run_due_jobs()
    look_after(UNMATCHED_FOR_GOOD)

    assert [kind for kind, _, _ in shop.cases()] == [CaseKind.UNMATCHED]
    assert shop.balances() == before


def test_cancel_that_nobody_here_asked_for_lets_the_payment_go(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    attempt = shop.attempt(intent)

    tell(
        shop,
        item_of("CANCELLATION", merchantReference=attempt.psp_key, originalReference=attempt.psp_reference),
    )
    run_due_jobs()

    assert shop.attempt(intent).status == AttemptStatus.VOIDED
    assert shop.fresh(intent).status == IntentStatus.CANCELED
    assert shop.ledger("memo/authorized") == 0


def test_rest_of_what_was_captured_in_part_runs_out(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    shop.captures(intent, 4_00, is_final=False)
    shop.psp.time_passes(seconds=3)
    tell(shop, *told(shop.psp, "CAPTURE"))
    run_due_jobs()

    shop.psp.time_passes(seconds=7 * 86_400 + 60)
    tell(shop, *told(shop.psp, "EXPIRE"))
    run_due_jobs()
    look_after(7 * 86_400 + 60)

    assert shop.cases() == []
    assert shop.fresh(intent).amount_received_minor == 4_00
    assert shop.ledger("memo/authorized") == 0
    assert_books_agree(shop)


def test_expiry_that_names_no_payment_is_known_by_our_key(shop: Shop) -> None:
    intent = shop.authorizes(10_00)

    tell(shop, item_of("EXPIRE", merchantReference=shop.attempt(intent).psp_key))
    run_due_jobs()

    assert shop.attempt(intent).status == AttemptStatus.EXPIRED
