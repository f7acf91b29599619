"""Any life of a subscription, told by Hypothesis: plan, seats, interval, anchor, trial, pause, schedule, payment.

What was previewed is what was billed, to the cent; no second was billed twice; no debit was given back more than once;
every invoice equals its lines, and the books and the payments agree.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from foundation.errors import DomainError
from foundation.ids import new_id
from payments.psp.sandbox.sandbox import Sandbox
from subscriptions.models import (
    Invoice,
    InvoiceItem,
    InvoiceLine,
    InvoiceStatus,
    PauseBehavior,
    Price,
    Subscription,
)
from subscriptions.operations.change_subscription import (
    DECIDED_BY_PAYMENT,
    UpdatePayment,
    change_subscription,
)
from subscriptions.operations.create_coupon import create_coupon
from subscriptions.operations.create_schedule import create_schedule
from subscriptions.operations.move_trial_end import move_trial_end
from subscriptions.operations.preview_item_change import preview_item_change
from subscriptions.operations.update_subscription import Pause, SubscriptionChange, update_subscription
from subscriptions.queries.subscriptions import list_items
from subscriptions.steps.item_changes import ItemChange
from subscriptions.steps.plan_phases import NewPhase, phase_items_after
from subscriptions.steps.redeem import Redemption
from tests.factories.billing import Biller
from tests.factories.books import assert_books_agree
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import open_shop
from tests.subscriptions.clocks import DECLINES, Clockwork

BEHAVIORS = st.sampled_from(["create_prorations", "always_invoice", "none"])
PAYMENTS = st.sampled_from(
    [UpdatePayment.ALLOW_INCOMPLETE, UpdatePayment.PENDING_IF_INCOMPLETE, UpdatePayment.ERROR_IF_INCOMPLETE]
)
ANCHORS = st.sampled_from([None, None, "now", "unchanged"])
WHICH = st.integers(min_value=0, max_value=5)
SEATS = st.integers(min_value=0, max_value=7)
HOURS = st.integers(min_value=1, max_value=24 * 20)


class AnySubscription(RuleBasedStateMachine):
    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self.sandbox = sandbox

    @initialize(
        amounts=st.lists(st.integers(0, 99_999), min_size=6, max_size=6),
        percent=st.sampled_from([None, Decimal("33.33")]),
        basis=st.sampled_from(["second", "day"]),
        hour=st.integers(0, 23),
    )
    def opens(self, amounts: list[int], percent: Decimal | None, basis: str, hour: int) -> None:
        psp = ScriptedPsp(self.sandbox, key=f"sk_test_{new_id().hex}")
        self.biller = Biller(open_shop(psp))
        self.works = Clockwork.of(self.biller, datetime(2026, 1, 29, hour, 7, 11, tzinfo=UTC))
        self.prices: list[Price] = [
            self.biller.price(amount, interval="year" if k > 3 else "month", proration_basis=basis)
            for k, amount in enumerate(amounts)
        ]
        discounts: tuple[Redemption, ...] = ()
        if percent is not None:
            coupon = create_coupon(
                merchant_id=self.biller.id, coupon_id=new_id(), duration="forever", percent_off=percent
            )
            discounts = (Redemption(coupon_id=coupon.id),)
        self.customer = self.works.customer()
        self.subscription: Subscription = self.biller.subscribes(
            self.customer, prices=[self.prices[0]], quantity=2, discounts=discounts
        )

    @rule(hours=HOURS)
    def waits(self, hours: int) -> None:
        self.works.passes(hours=hours)

    @rule(is_good=st.booleans())
    def takes_another_card(self, is_good: bool) -> None:
        self.biller.takes_card(self.customer, "pm_card_visa" if is_good else DECLINES)

    @rule(which=WHICH, seats=SEATS, behavior=BEHAVIORS, payment=PAYMENTS, anchor=ANCHORS)
    def changes(
        self, which: int, seats: int, behavior: str, payment: UpdatePayment, anchor: str | None
    ) -> None:
        item = list_items(self.subscription)[0]
        asked: dict[str, Any] = {
            "changes": [ItemChange(item.id, self.prices[which].id, seats or None)],
            "proration_behavior": behavior,
            "anchor": anchor,
        }
        self._tries(lambda: self._commits_what_it_previewed(asked, payment))

    @rule(days=st.integers(1, 20), is_prorated=st.booleans())
    def begins_a_trial(self, days: int, is_prorated: bool) -> None:
        end = self.works.fresh().frozen_at + timedelta(days=days)
        self._tries(lambda: move_trial_end(**self._names(), trial_end_at=end, is_prorated=is_prorated))

    @rule(behavior=st.sampled_from(PauseBehavior))
    def pauses(self, behavior: PauseBehavior) -> None:
        self._tries(
            lambda: update_subscription(**self._names(), change=SubscriptionChange(pause=Pause(behavior)))
        )

    @rule()
    def resumes(self) -> None:
        change = SubscriptionChange(clears=frozenset({"pause"}))
        self._tries(lambda: update_subscription(**self._names(), change=change))

    @rule(which=WHICH)
    def plans_a_change_at_the_end(self, which: int) -> None:
        items = list_items(self.subscription)
        phase = phase_items_after(items, [ItemChange(items[0].id, self.prices[which].id)])
        self._tries(
            lambda: create_schedule(
                **self._names(), schedule_id=new_id(), phases=[NewPhase(phase, proration_behavior="none")]
            )
        )

    def teardown(self) -> None:
        if not hasattr(self, "subscription"):
            return
        self.works.passes(days=2)
        self._no_second_twice()
        self._no_debit_given_back_twice()
        for invoice in Invoice.objects.for_merchant(self.biller.id):
            lines = self.biller.lines(invoice)
            total = sum(line.amount_minor - line.discount_minor + line.tax_minor for line in lines)
            assert invoice.total_minor == total
        assert_books_agree(self.biller.shop)

    def _commits_what_it_previewed(self, asked: dict[str, Any], payment: UpdatePayment) -> None:
        waits = payment in DECIDED_BY_PAYMENT
        if self.biller.fresh(self.subscription).pending_update is not None:
            # Whatever waits gives way first, and may turn out to be paid: there is nothing to preview yet.
            change_subscription(**self._names(), **asked, change_id=new_id(), payment_behavior=payment)
            return
        preview = preview_item_change(**self._names(), **asked, waits_for_payment=waits)
        change_id = new_id()
        change_subscription(
            **self._names(),
            **asked,
            change_id=change_id,
            payment_behavior=payment,
            preview_token=preview.token,
        )
        invoice = Invoice.objects.for_merchant(self.biller.id).filter(pk=change_id).first()
        if invoice is not None:
            shown = [line.new.amount.amount_minor for line in preview.invoice.lines]
            assert [line.amount_minor for line in self.biller.lines(invoice)] == shown
            assert invoice.total_minor == preview.invoice.total_minor

    def _no_second_twice(self) -> None:
        """Of what was paid at the first try: a debt is not given back by a change, and stands beside it."""
        billed = InvoiceLine.objects.for_merchant(self.biller.id).filter(
            amount_minor__gt=0,
            invoice__status=InvoiceStatus.PAID,
            invoice__attempt_count__lte=1,
            natural_start_at__isnull=False,
        )
        waiting = InvoiceItem.objects.for_merchant(self.biller.id).filter(
            amount_minor__gt=0, invoice__isnull=True, natural_start_at__isnull=False
        )
        debits = [row.as_debit() for rows in (billed, waiting) for row in rows]
        spans = sorted((one.start, one.covered_until) for one in debits if one.start < one.covered_until)
        assert all(one[1] <= other[0] for one, other in pairwise(spans)), spans

    def _no_debit_given_back_twice(self) -> None:
        for debit in InvoiceLine.objects.for_merchant(self.biller.id).filter(credited_minor__gt=0):
            credits = InvoiceLine.objects.for_merchant(self.biller.id).filter(reverses=debit)
            live = credits.exclude(invoice__status=InvoiceStatus.VOID)
            waiting = InvoiceItem.objects.for_merchant(self.biller.id).filter(
                reverses_line=debit, invoice__isnull=True
            )
            back = -sum(row.amount_minor for rows in (live, waiting) for row in rows)
            beside = InvoiceItem.objects.for_merchant(self.biller.id).filter(
                reverses_item=debit.invoice_item_id, invoice__isnull=True
            )
            if debit.invoice_item_id is not None:
                back -= sum(row.amount_minor for row in beside)
            assert back == debit.credited_minor <= debit.net_minor

    def _names(self) -> dict[str, Any]:
        return {"merchant_id": self.biller.id, "subscription_id": self.subscription.id}

    def _tries(self, act: Any) -> None:
        """A refusal is an answer; what it must leave is looked at in the end."""
        try:
            act()
        except DomainError:
            return


@pytest.mark.django_db
def test_any_life_of_a_subscription_bills_each_second_once(sandbox: Sandbox) -> None:
    run_state_machine_as_test(
        lambda: AnySubscription(sandbox),
        settings=settings(
            max_examples=8,
            stateful_step_count=12,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
