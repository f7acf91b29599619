"""Any story of payments, told by Hypothesis: random movements, random faults, news in any order, then healing.

In the end the PSP's books, our payments and the ledger agree, no intent was charged twice, and no more was given
back than was taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from foundation.errors import DomainError
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from payments.models import PaymentIntent
from payments.operations.confirm_payment_intent import confirm_payment_intent
from payments.psp.sandbox.sandbox import Sandbox
from tests.factories.books import assert_all_decided, assert_books_agree
from tests.factories.later import look_after, look_until_settled
from tests.factories.psp_news import tell, told
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop, open_shop
from tests.stories.test_life_of_a_payment import ALL_NEWS

AMOUNTS = st.integers(min_value=50, max_value=50_000)
PERCENT = st.integers(min_value=1, max_value=130)
WHICH = st.integers(min_value=0, max_value=99)
FAULTS = st.sampled_from(
    [
        None,
        None,
        "error_after_booking",
        "error_before_booking",
        "reset_after_booking",
        "reset_before_booking",
        "garbage_after_booking",
        "status_429",
    ]
)
TOKENS = st.sampled_from(
    [
        "pm_card_visa",
        "pm_card_visa",
        "pm_card_chargeDeclined",
        "pm_card_authenticationRequired",
        "pm_card_pendingRefund",
        "pm_card_refundFail",
    ]
)


class AnyStory(RuleBasedStateMachine):
    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self.sandbox = sandbox
        self.intents: list[PaymentIntent] = []

    @initialize()
    def opens(self) -> None:
        psp = ScriptedPsp(self.sandbox, key=f"sk_test_{new_id().hex}")
        self.shop: Shop = open_shop(psp)

    @rule(
        amount=AMOUNTS,
        token=TOKENS,
        fault=FAULTS,
        is_manual=st.booleans(),
        off_by=st.sampled_from([0, 0, 0, -1]),
    )
    def pays(self, amount: int, token: str, fault: str | None, is_manual: bool, off_by: int) -> None:
        if off_by:
            self.shop.psp.fails("wrong_amount", operation="authorize", delta=off_by)
        self._fails(fault, "authorize")
        pay = self.shop.authorizes if is_manual else self.shop.pays
        self.intents.append(pay(amount, token=token))
        self.shop.psp.heals()

    @precondition(lambda self: self.intents)
    @rule(which=WHICH, percent=PERCENT, is_final=st.booleans(), fault=FAULTS)
    def captures(self, which: int, percent: int, is_final: bool, fault: str | None) -> None:
        intent = self._one(which)
        amount = max(1, intent.amount_minor * percent // 100)
        self._tries("capture", fault, lambda: self.shop.captures(intent, amount, is_final=is_final))

    @precondition(lambda self: self.intents)
    @rule(which=WHICH, percent=PERCENT, fault=FAULTS)
    def gives_back(self, which: int, percent: int, fault: str | None) -> None:
        intent = self._one(which)
        amount = max(1, intent.amount_minor * percent // 100)
        self._tries("refund", fault, lambda: self.shop.gives_back(intent, amount))

    @precondition(lambda self: self.intents)
    @rule(which=WHICH, fault=FAULTS)
    def cancels(self, which: int, fault: str | None) -> None:
        intent = self._one(which)
        self._tries("void", fault, lambda: self.shop.cancels(intent))

    @precondition(lambda self: self.intents)
    @rule(which=WHICH, fault=FAULTS)
    def confirms_again(self, which: int, fault: str | None) -> None:
        intent = self._one(which)
        self._tries(
            "authorize",
            fault,
            lambda: confirm_payment_intent(
                merchant_id=self.shop.id,
                payment_intent_id=intent.id,
                attempt_id=new_id(),
                payment_method_id=self.shop.method().id,
            ),
        )

    @precondition(lambda self: self.intents)
    @rule(which=WHICH, passes=st.booleans())
    def answers_challenge(self, which: int, passes: bool) -> None:
        action = self.shop.fresh(self._one(which)).next_action
        if action:
            url = action["redirect_to_url"]["url"]
            (self.shop.psp.completes_challenge if passes else self.shop.psp.fails_challenge)(url)

    @rule(seconds=st.sampled_from([11, 61, 75, 700]), fault=FAULTS)
    def time_passes(self, seconds: int, fault: str | None) -> None:
        self._fails(fault, "inquire")
        look_after(seconds)
        self.shop.psp.heals()

    @precondition(lambda self: self.intents)
    @rule(random=st.randoms(use_true_random=False))
    def hears_the_news(self, random: Any) -> None:
        news = told(self.shop, *ALL_NEWS)
        random.shuffle(news)
        tell(self.shop, *news[: len(news) // 2 + 1])
        run_due_jobs()

    def teardown(self) -> None:
        if not hasattr(self, "shop"):
            return
        self.shop.psp.heals()
        self.shop.psp.time_passes(seconds=10)
        look_until_settled()
        tell(self.shop, *told(self.shop, *ALL_NEWS))
        run_due_jobs()
        look_until_settled(until_seconds=4 * 3_600)

        assert_all_decided(self.shop)
        assert_books_agree(self.shop)
        assert_no_payment_was_taken_or_given_back_twice(self.shop)

    def _one(self, which: int) -> PaymentIntent:
        return self.intents[which % len(self.intents)]

    def _fails(self, fault: str | None, operation: str) -> None:
        if fault:
            self.shop.psp.fails(fault, operation=operation)

    def _tries(self, operation: str, fault: str | None, act: Callable[[], Any]) -> None:
        """A refusal is an answer too; anything else that is raised ends the story."""
        self._fails(fault, operation)
        try:
            act()
        except DomainError:
            pass
        finally:
            self.shop.psp.heals()


def assert_no_payment_was_taken_or_given_back_twice(shop: Shop) -> None:
    """By the PSP's own entries: one charge per intent of ours, and refunds within what it took."""
    answer = requests.get(
        f"{shop.psp.base_url}/books/entries", params={"account": shop.psp.key, "limit": 1_000}, timeout=5
    ).json()
    assert not answer["has_more"]
    charges, balance = defaultdict(set), defaultdict(int)
    for entry in answer["entries"]:
        ours = entry["payment_metadata"]["payment_intent"]
        charges[ours].add(entry["charge"])
        balance[ours] += entry["amount_minor"]

    assert [ours for ours, of_one in charges.items() if len(of_one) > 1] == []
    assert [ours for ours, left in balance.items() if left < 0] == []


@pytest.mark.django_db
def test_any_story_ends_with_books_that_agree(sandbox: Sandbox) -> None:
    run_state_machine_as_test(
        lambda: AnyStory(sandbox),
        settings=settings(
            max_examples=30,
            stateful_step_count=12,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
