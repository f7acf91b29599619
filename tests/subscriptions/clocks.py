"""A shop's customers on a test clock: months go by in a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from payments.models import Customer
from subscriptions.models import BillingSettings, DunningPolicy, DunningRun, DunningTry, Invoice, TestClock
from subscriptions.operations.advance_test_clock import advance_test_clock
from subscriptions.operations.attach_to_test_clock import attach_to_test_clock
from subscriptions.operations.create_test_clock import create_test_clock
from subscriptions.operations.turn_test_clock import Turned, turn_test_clock
from tests.factories.billing import Biller

NEW_YEAR = datetime(2026, 1, 1, 12, tzinfo=UTC)
DECLINES = "pm_card_chargeCustomerFail"


@dataclass
class Clockwork:
    """One clock of the shop, and what happens on it."""

    biller: Biller
    clock: TestClock

    @classmethod
    def of(cls, biller: Biller, at: datetime = NEW_YEAR) -> Clockwork:
        clock = create_test_clock(merchant_id=biller.id, test_clock_id=new_id(), frozen_at=at)
        return cls(biller, clock)

    def customer(self, token: str | None = "pm_card_visa", **fields: Any) -> Customer:
        customer = self.biller.customer(token, **fields)
        attach_to_test_clock(merchant_id=self.biller.id, customer_id=customer.id, test_clock_id=self.clock.id)
        return customer

    def goes_to(self, at: datetime) -> TestClock:
        """As the job does it, without waiting for a worker; what the way staged beside it is done as well."""
        advance_test_clock(merchant_id=self.biller.id, test_clock_id=self.clock.id, target_at=at)
        while self.turn() == Turned.GOES_ON:
            pass
        run_due_jobs()
        return self.fresh()

    def turn(self, **limits: int) -> Turned:
        return turn_test_clock(merchant_id=self.biller.id, test_clock_id=self.clock.id, **limits)

    def passes(self, **time: int) -> TestClock:
        return self.goes_to(self.fresh().frozen_at + timedelta(**time))

    def fresh(self) -> TestClock:
        return TestClock.objects.for_merchant(self.biller.id).get(pk=self.clock.pk)

    def policy(self, **fields: Any) -> DunningPolicy:
        """The merchant's default from now on."""
        policy = DunningPolicy(merchant_id=self.biller.id, name=f"Policy {new_id()}", **fields)
        policy.save()
        settings, _ = BillingSettings.across_merchants.get_or_create(merchant_id=self.biller.id)
        settings.default_dunning_policy = policy
        settings.save()
        return policy

    def run(self, invoice: Invoice) -> DunningRun:
        return DunningRun.objects.for_merchant(self.biller.id).get(invoice=invoice)

    def tries(self, invoice: Invoice) -> list[DunningTry]:
        rows = DunningTry.objects.for_merchant(self.biller.id).filter(run__invoice=invoice)
        return list(rows.order_by("ordinal"))

    def days_of_tries(self, invoice: Invoice) -> list[int]:
        """Of every try of the schedule, counted from the first."""
        tries = [one for one in self.tries(invoice) if one.reason == "scheduled"]
        return [(one.created_at - tries[0].created_at).days for one in tries]
