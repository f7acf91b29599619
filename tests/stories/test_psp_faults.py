"""Every fault of reliability.md on every call that moves money: once healed, the PSP's books and ours tell one story.

Each test strikes one call, lets the PSP heal and time pass, and then has the customer or the agent try again what did
not come to pass. However the fault fell, there is one charge, captured once, voided or refunded once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.money import Money
from payments.models import (
    AuthorizationIncrement,
    CaptureStatus,
    IncrementStatus,
    IntentStatus,
    PaymentIntent,
    RefundStatus,
)
from payments.operations.confirm_payment_intent import confirm_payment_intent
from payments.operations.increment_authorization import increment_authorization
from payments.psp.sandbox.sandbox import Sandbox
from payments.queries.payment_intents import get_increment
from tests.factories import adyen
from tests.factories.books import assert_all_decided, assert_books_agree
from tests.factories.later import later, look_after, look_until_settled
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop, open_shop

HANG_SECONDS = 2
LAG_SECONDS = 600
REPORT_DELAY_SECONDS = 900
"""The account's word for how late the PSP may still report: longer than its inquiries lag."""

Script = list[tuple[str, dict[str, Any]]]

# What strikes the call; `inquire` faults strike the looks that follow.
FAULTS: dict[str, Script] = {
    "time_out_before_booking": [("timeout_before_booking", {"seconds": HANG_SECONDS})],
    "time_out_after_booking": [("timeout_after_booking", {"seconds": HANG_SECONDS})],
    "answers_500_before_booking": [("error_before_booking", {})],
    "answers_500_after_booking": [("error_after_booking", {})],
    "answers_503_after_booking": [("error_after_booking", {"status": 503})],
    "resets_before_booking": [("reset_before_booking", {})],
    "resets_after_booking": [("reset_after_booking", {})],
    "answers_garbage": [("garbage_after_booking", {})],
    "answers_bytes_that_are_no_text": [("garbage_after_booking", {"undecodable": 1})],
    "turns_us_away": [("status_429", {})],
    "hangs": [("answer_late", {"seconds": HANG_SECONDS})],
    "drips": [("drip", {"seconds": 3 * HANG_SECONDS})],
    "forgets_the_key_after_booking": [("error_after_booking", {}), ("forget_key", {"times": 5})],
    "forgets_the_key_before_booking": [("error_before_booking", {}), ("forget_key", {"times": 5})],
    "answers_500_again_and_again": [("error_before_booking", {"times": 4})],
    "inquiries_lag": [
        ("reset_after_booking", {}),
        ("inquiry_lag", {"seconds": LAG_SECONDS, "operation": "inquire", "times": 1_000}),
    ],
    "inquiries_fail_at_first": [
        ("reset_after_booking", {}),
        ("error_before_booking", {"operation": "inquire", "times": 2}),
    ],
    "inquiries_answer_garbage_at_first": [
        ("timeout_after_booking", {"seconds": HANG_SECONDS}),
        ("garbage_after_booking", {"operation": "inquire", "times": 2}),
    ],
}


@dataclass(frozen=True)
class Face:
    """One PSP as the sandbox plays it. news: what its webhooks have told so far, delivered again. captured_minor: of
    an authorization of 10.00, in one final capture: at Adyen what is left of it stays held until it expires."""

    key_prefix: str
    open: Callable[..., Shop]
    news: Callable[[Shop], None]
    captured_minor: int


def adyens_news(shop: Shop) -> None:
    """Adyen only says later, and only by notifications, what became of captures, cancels and refunds."""
    shop.psp.time_passes(seconds=3)
    adyen.tell(shop, *adyen.told(shop.psp))
    run_due_jobs()


FACES = {
    "stripe": Face("sk_test_", open_shop, lambda shop: None, 8_00),
    "adyen": Face("AQE", adyen.open_adyen_shop, adyens_news, 10_00),
}


@pytest.fixture(params=FACES)
def face(request: Any) -> Face:
    return FACES[request.param]


@pytest.fixture
def psp(sandbox: Sandbox, face: Face) -> Iterator[ScriptedPsp]:
    scripted = ScriptedPsp(sandbox, key=f"{face.key_prefix}{new_id().hex}")
    yield scripted
    scripted.heals()


@pytest.fixture
def faulty_shop(db: None, psp: ScriptedPsp, face: Face) -> Shop:
    """A shop at the PSP under test that waits a second for it."""
    return face.open(psp, deadline_seconds=1, report_delay_seconds=REPORT_DELAY_SECONDS)


@pytest.fixture(params=FAULTS)
def strikes(request: Any, faulty_shop: Shop) -> Callable[[str], None]:
    """strikes("capture"): the fault under test meets the next call of that operation."""

    def script(operation: str) -> None:
        for fault, options in FAULTS[request.param]:
            given = {"operation": operation} | options
            faulty_shop.psp.fails(fault, **given)

    return script


def heal(shop: Shop) -> None:
    """The PSP works again, and everybody has looked again until nothing is in doubt."""
    news = FACES[shop.account.psp].news
    news(shop)
    # What lags goes on lagging while we look: it is no outage that ends.
    look_until_settled()
    assert shop.psp.struck()[0] >= 1, "the fault never struck"
    shop.psp.heals()
    for hours in (3, 4, 6, 12, 48):
        look_after(hours * 3_600)
        with later(hours * 3_600 + 5):
            news(shop)
    assert_all_decided(shop)


def test_a_charge(faulty_shop: Shop, strikes: Callable[[str], None]) -> None:
    faulty_shop.method()
    strikes("authorize")

    intent = faulty_shop.pays(10_00)
    assert faulty_shop.psp.charges() <= 1
    heal(faulty_shop)

    assert faulty_shop.psp.charges() == (faulty_shop.fresh(intent).status == IntentStatus.SUCCEEDED)
    assert_books_agree(faulty_shop)
    pay_once_more_if_needed(faulty_shop, intent)
    assert faulty_shop.psp.charges() == 1
    assert faulty_shop.cases() == []
    assert_books_agree(faulty_shop)


def test_an_authorization(faulty_shop: Shop, strikes: Callable[[str], None]) -> None:
    faulty_shop.method()
    strikes("authorize")

    intent = faulty_shop.authorizes(10_00)
    heal(faulty_shop)
    pay_once_more_if_needed(faulty_shop, intent)

    assert faulty_shop.psp.books()["usd"]["authorized_open_minor"] == 10_00
    assert faulty_shop.psp.books()["usd"]["authorized_open_count"] == 1
    assert faulty_shop.psp.charges() == 0
    assert_books_agree(faulty_shop)


def test_a_capture(faulty_shop: Shop, strikes: Callable[[str], None], face: Face) -> None:
    asked = face.captured_minor
    intent = faulty_shop.authorizes(10_00)
    strikes("capture")

    faulty_shop.captures(intent, asked)
    heal(faulty_shop)

    captured = faulty_shop.fresh(intent).amount_received_minor
    assert captured in (0, asked)
    assert faulty_shop.psp.charges() == (captured > 0)
    assert_books_agree(faulty_shop)
    if not captured:
        again = faulty_shop.captures(intent, asked)
        face.news(faulty_shop)
        assert faulty_shop.fresh(again).status == CaptureStatus.SUCCEEDED
    assert faulty_shop.psp.books()["usd"]["charges_gross_minor"] == asked
    assert_books_agree(faulty_shop)


def test_a_void(faulty_shop: Shop, strikes: Callable[[str], None]) -> None:
    intent = faulty_shop.authorizes(10_00)
    strikes("void")

    faulty_shop.cancels(intent)
    heal(faulty_shop)

    assert faulty_shop.fresh(intent).status == IntentStatus.CANCELED
    assert faulty_shop.psp.books() == {}
    assert faulty_shop.balances() == {}
    assert_books_agree(faulty_shop)


def test_a_refund(faulty_shop: Shop, strikes: Callable[[str], None]) -> None:
    intent = faulty_shop.pays(10_00)
    strikes("refund")

    refund = faulty_shop.gives_back(intent, 4_00)
    heal(faulty_shop)

    assert faulty_shop.fresh(refund).status == RefundStatus.SUCCEEDED
    assert faulty_shop.psp.books()["usd"]["refunds_amount_minor"] == 4_00
    assert faulty_shop.psp.refunds() == 1
    assert faulty_shop.psp.charges() == 1
    assert_books_agree(faulty_shop)


def test_an_increment(faulty_shop: Shop, strikes: Callable[[str], None], face: Face) -> None:
    intent = faulty_shop.authorizes(10_00)
    strikes("increment_authorization")

    first = raises(faulty_shop, intent)
    heal(faulty_shop)

    first = get_increment(merchant_id=faulty_shop.id, increment_id=first.id)
    assert first.status in (IncrementStatus.SUCCEEDED, IncrementStatus.FAILED)
    assert_books_agree(faulty_shop)
    if first.status == IncrementStatus.FAILED:
        raises(faulty_shop, intent)
        face.news(faulty_shop)
    assert faulty_shop.fresh(intent).amount_capturable_minor == 15_00
    assert faulty_shop.psp.books()["usd"]["authorized_open_minor"] == 15_00
    assert faulty_shop.cases() == []
    assert_books_agree(faulty_shop)


def raises(shop: Shop, intent: PaymentIntent) -> AuthorizationIncrement:
    return increment_authorization(
        merchant_id=shop.id, payment_intent_id=intent.id, increment_id=new_id(), amount=Money(15_00, "usd")
    )


def pay_once_more_if_needed(shop: Shop, intent: PaymentIntent) -> None:
    """What the customer does who sees that the payment did not happen."""
    if shop.fresh(intent).status not in (
        IntentStatus.REQUIRES_CONFIRMATION,
        IntentStatus.REQUIRES_PAYMENT_METHOD,
    ):
        return
    confirm_payment_intent(
        merchant_id=shop.id,
        payment_intent_id=intent.id,
        attempt_id=new_id(),
        payment_method_id=shop.method().id,
    )
