"""A customer comes back from a challenge: what the PSP makes of it counts, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from foundation.ids import new_id
from payments.models import AttemptStatus, IntentStatus, SetupIntentStatus
from payments.operations.complete_attempt_action import complete_attempt_action
from payments.operations.complete_setup_action import complete_setup_action
from payments.operations.confirm_setup_intent import confirm_setup_intent
from payments.operations.create_setup_intent import create_setup_intent
from payments.psp.sandbox.sandbox import Sandbox
from tests.factories.adyen import comes_back, open_adyen_shop
from tests.factories.books import assert_books_agree
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop

pytestmark = pytest.mark.django_db
CHALLENGED = "pm_card_authenticationRequired"


@pytest.fixture
def adyen_shop(db: None, sandbox: Sandbox) -> Iterator[Shop]:
    psp = ScriptedPsp(sandbox, key=f"AQE{new_id().hex}")
    yield open_adyen_shop(psp, deadline_seconds=1)
    psp.heals()


def test_customer_who_passed_has_paid(adyen_shop: Shop) -> None:
    intent = adyen_shop.pays(token=CHALLENGED)
    brought = comes_back(adyen_shop.psp, intent.next_action["redirect_to_url"]["url"])

    attempt = complete_attempt_action(
        merchant_id=adyen_shop.id,
        attempt_id=adyen_shop.attempt(intent).id,
        details={"redirectResult": brought},
    )

    assert attempt.status == AttemptStatus.SUCCEEDED
    assert adyen_shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert_books_agree(adyen_shop)


@pytest.mark.parametrize("fault", ["timeout_after_booking", "error_before_booking", "reset_after_booking"])
def test_lost_answer_leaves_the_customer_free_to_come_again(adyen_shop: Shop, fault: str) -> None:
    intent = adyen_shop.pays(token=CHALLENGED)
    brought = comes_back(adyen_shop.psp, intent.next_action["redirect_to_url"]["url"])
    attempt_id = adyen_shop.attempt(intent).id
    options = {"seconds": 2} if fault.startswith("timeout") else {}
    adyen_shop.psp.fails(fault, operation="authenticate", **options)

    waiting, done = (
        complete_attempt_action(
            merchant_id=adyen_shop.id, attempt_id=attempt_id, details={"redirectResult": brought}
        )
        for _ in range(2)
    )

    assert (waiting.status, done.status) == (AttemptStatus.REQUIRES_ACTION, AttemptStatus.SUCCEEDED)
    assert adyen_shop.psp.charges() == 1
    assert_books_agree(adyen_shop)


def test_charge_that_does_not_wait_is_left_alone(adyen_shop: Shop) -> None:
    intent = adyen_shop.pays()
    before = adyen_shop.footprint()

    complete_attempt_action(
        merchant_id=adyen_shop.id,
        attempt_id=adyen_shop.attempt(intent).id,
        details={"redirectResult": "late"},
    )

    assert adyen_shop.footprint() == before


def test_psp_that_hears_from_the_bank_is_told_nothing(shop: Shop) -> None:
    intent = shop.pays(token=CHALLENGED)
    before = shop.footprint()

    complete_attempt_action(
        merchant_id=shop.id, attempt_id=shop.attempt(intent).id, details={"redirectResult": "x"}
    )

    assert shop.footprint() == before


@pytest.mark.parametrize("passed", [True, False])
def test_card_that_is_only_saved_is_challenged_too(adyen_shop: Shop, passed: bool) -> None:
    method = adyen_shop.method(CHALLENGED)
    setup = create_setup_intent(
        merchant_id=adyen_shop.id, setup_intent_id=new_id(), payment_method_id=method.id
    )
    waiting = confirm_setup_intent(
        merchant_id=adyen_shop.id, setup_intent_id=setup.id, confirmation_id=new_id()
    )
    assert waiting.status == SetupIntentStatus.REQUIRES_ACTION
    brought = comes_back(adyen_shop.psp, waiting.next_action["redirect_to_url"]["url"], passed=passed)

    done = complete_setup_action(
        merchant_id=adyen_shop.id, setup_intent_id=setup.id, details={"redirectResult": brought}
    )

    good, bad = SetupIntentStatus.SUCCEEDED, SetupIntentStatus.REQUIRES_PAYMENT_METHOD
    assert done.status == (good if passed else bad)
    assert adyen_shop.psp.charges() == 0
