"""An answer to a dispute in doubt, given again: only where the PSP can not be asked, only while it keeps our key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from foundation import clock
from foundation.ids import new_id
from payments.models import PspCall
from payments.operations.repeat_dispute_answer import repeat_dispute_answer
from payments.psp.disputes import AcceptRequest
from payments.psp.outcomes import Outcome, Succeeded, Unknown
from payments.psp.sandbox.sandbox import Sandbox
from tests.factories.adyen import open_adyen_shop
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop


@pytest.fixture
def psp_at_adyen(sandbox: Sandbox) -> Iterator[ScriptedPsp]:
    scripted = ScriptedPsp(sandbox, key=f"AQE{new_id().hex}")
    yield scripted
    scripted.heals()


def repeats(shop: Shop, *, age: timedelta = timedelta(minutes=2)) -> Outcome | None:
    """Accept a dispute of a payment of this shop."""
    intent = shop.pays(1_000)
    reference = shop.psp.disputes(shop.attempt(intent).psp_reference)["id"]
    return repeat_dispute_answer(
        merchant_id=shop.id,
        psp_account_id=shop.account.id,
        payment_intent_id=intent.id,
        dispute_id=new_id(),
        request=AcceptRequest(psp_key=f"dor_{new_id().hex}", psp_reference=reference),
        first_sent_at=clock.now() - age,
    )


def calls(shop: Shop) -> int:
    return PspCall.objects.for_merchant(shop.id).filter(operation="accept_dispute").count()


def test_psp_that_can_be_asked_is_not_told_again(shop: Shop) -> None:
    assert repeats(shop) is None
    assert calls(shop) == 0


def test_repeat_that_is_taken_is_the_answer(db: None, psp_at_adyen: ScriptedPsp) -> None:
    shop = open_adyen_shop(psp_at_adyen)

    assert isinstance(repeats(shop), Succeeded)
    assert calls(shop) == 1


@pytest.mark.parametrize("fault", ["status_429", "error_before_booking"])
def test_repeat_that_comes_to_nothing_proves_nothing(db: None, psp_at_adyen: ScriptedPsp, fault: str) -> None:
    shop = open_adyen_shop(psp_at_adyen)
    psp_at_adyen.fails(fault, operation="accept_dispute")

    assert isinstance(repeats(shop), Unknown)


@pytest.mark.parametrize(("days", "sent"), [(6.9, 1), (7.0, 0)])
def test_key_that_adyen_may_have_forgotten_is_not_used_again(
    db: None, psp_at_adyen: ScriptedPsp, days: float, sent: int
) -> None:
    shop = open_adyen_shop(psp_at_adyen)

    outcome = repeats(shop, age=timedelta(days=days))

    assert calls(shop) == sent
    assert outcome == Unknown(reason="key_too_old") if not sent else isinstance(outcome, Succeeded)
