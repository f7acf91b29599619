"""A PSP that forgets our key and can not be asked: what may be sent again is made once, and what may not, waits.

Beside tests/stories/test_psp_faults.py, which strikes every call of both PSPs: here are the cases that only arise where
an inquiry is the same call again, and the methods for which a bank decides in days.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from payments.models import AttemptStatus, CaseKind, IntentStatus, RefundStatus
from payments.psp.methods import BANK_DEBITS
from payments.psp.sandbox.sandbox import Sandbox
from tests.factories.adyen import bank_token, comes_back, open_adyen_shop, tell, told
from tests.factories.books import assert_all_decided, assert_books_agree
from tests.factories.later import DAY_SECONDS, look_after, look_until_settled
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop
from tests.payments.psp.contract.faces import BANK_CURRENCIES

FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("timeout_before_booking", {"seconds": 2}),
    ("timeout_after_booking", {"seconds": 2}),
    ("error_before_booking", {}),
    ("error_after_booking", {}),
    ("reset_before_booking", {}),
    ("reset_after_booking", {}),
    ("garbage_after_booking", {}),
]
WITHIN_THE_DELAY = (11, 31)
"""Looks before the account's report delay of a minute is over."""

every_fault = pytest.mark.parametrize(("fault", "options"), FAULTS, ids=[name for name, _ in FAULTS])


@pytest.fixture
def shop(db: None, sandbox: Sandbox) -> Iterator[Shop]:
    psp = ScriptedPsp(sandbox, key=f"AQE{new_id().hex}")
    yield open_adyen_shop(psp, deadline_seconds=1)
    psp.heals()


def strikes(shop: Shop, operation: str, fault: str, options: dict[str, Any]) -> None:
    """The call meets the fault, and Adyen forgets every key of ours from then on."""
    shop.psp.fails(fault, operation=operation, **options)
    shop.psp.fails("forget_key", operation=operation, times=20)


def news_arrives(shop: Shop, seconds: int = 3) -> None:
    shop.psp.time_passes(seconds=seconds)
    tell(shop, *told(shop.psp))
    run_due_jobs()


def heal(shop: Shop) -> None:
    look_until_settled()
    news_arrives(shop, 3 * 3_600)
    look_until_settled()


@every_fault
def test_partial_refund_under_a_forgotten_key_is_paid_once(
    shop: Shop, fault: str, options: dict[str, Any]
) -> None:
    intent = shop.pays(10_00)
    strikes(shop, "refund", fault, options)

    refund = shop.gives_back(intent, 4_00)
    for seconds in WITHIN_THE_DELAY:
        look_after(seconds)
    assert shop.psp.struck() == [1, 0], "it was sent again while its news could still come"
    news_arrives(shop)
    heal(shop)

    assert shop.fresh(refund).status == RefundStatus.SUCCEEDED
    assert (shop.psp.refunds(), shop.psp.books()["usd"]["refunds_amount_minor"]) == (1, 4_00)
    assert_all_decided(shop)
    assert shop.cases() == []
    assert_books_agree(shop)


@every_fault
def test_second_partial_refund_beside_one_in_doubt_is_its_own(
    shop: Shop, fault: str, options: dict[str, Any]
) -> None:
    """Two equal refunds: the news of one must not pass for the other's."""
    intent = shop.pays(10_00)
    shop.psp.fails(fault, operation="refund", **options)

    refunds = [shop.gives_back(intent, 3_00) for _ in range(2)]
    news_arrives(shop)
    heal(shop)

    assert [shop.fresh(one).status for one in refunds] == [RefundStatus.SUCCEEDED] * 2
    assert len({shop.fresh(one).psp_reference for one in refunds}) == 2
    assert shop.psp.books()["usd"]["refunds_amount_minor"] == 6_00
    assert shop.cases() == []
    assert_books_agree(shop)


def test_second_refund_comes_before_a_person_where_both_safeguards_failed(shop: Shop) -> None:
    """The key forgotten, and no notification within the whole report delay: what the rules can not prevent is seen."""
    intent = shop.pays(10_00)
    strikes(shop, "refund", "reset_after_booking", {})
    refund = shop.gives_back(intent, 4_00)

    look_until_settled()
    news_arrives(shop, 3 * 3_600)

    assert shop.psp.refunds() == 2
    assert shop.fresh(refund).status == RefundStatus.SUCCEEDED
    assert [kind for kind, _, _ in shop.cases()] == [CaseKind.UNMATCHED]


@every_fault
@pytest.mark.parametrize("method_type", BANK_DEBITS)
def test_debit_under_a_forgotten_key_is_taken_once(
    shop: Shop, method_type: str, fault: str, options: dict[str, Any]
) -> None:
    currency = BANK_CURRENCIES[method_type]
    strikes(shop, "authorize", fault, options)

    intent = shop.pays(10_00, currency, token=bank_token(method_type))
    for seconds in WITHIN_THE_DELAY:
        look_after(seconds)
    assert shop.psp.struck() == [1, 0], "it was sent again while its news could still come"
    news_arrives(shop)
    heal(shop)
    assert shop.attempt(intent).status == AttemptStatus.PENDING
    news_arrives(shop, 5 * DAY_SECONDS)

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert shop.psp.charges(currency) == 1
    assert_all_decided(shop)
    assert shop.cases() == []
    assert_books_agree(shop)


@every_fault
def test_customer_of_a_redirect_is_sent_away_after_all_and_pays_once(
    shop: Shop, fault: str, options: dict[str, Any]
) -> None:
    shop.psp.fails(fault, **options)
    intent = shop.pays(10_00, "eur", token=bank_token("ideal"))
    assert shop.attempt(intent).status == AttemptStatus.UNKNOWN

    look_after(11)
    waiting = shop.fresh(intent)
    assert waiting.status == IntentStatus.REQUIRES_ACTION
    action = shop.attempt(intent).next_action
    assert action is not None
    comes_back(shop.psp, action["redirect_to_url"]["url"])
    news_arrives(shop)

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert shop.psp.charges("eur") == 1
    assert_all_decided(shop)
    assert_books_agree(shop)
