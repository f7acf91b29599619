"""Sell subscriptions through the public API and let a month pass for them on a test clock, with the official SDK."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import stripe

from foundation import clock
from payments_site.demo.tally import Tally, patiently

DAY = 86_400
BEGAN_DAYS_AGO = 40
"""Every instant of the month lies in the past, as the day's orders do."""
USAGE_ON, UPGRADE_ON, RENEWED_BY, RETRIED_BY = 5, 15, 32, 35
METERED_EVENT = "demo_brewed_cups"
CLOCK_TIMEOUT_SECONDS = 240
GOOD_CARD, OTHER_CARD, BROKE_CARD = "pm_card_visa", "pm_card_mastercard", "pm_card_chargeCustomerFail"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Ids of what the demo sells."""

    basic: str
    large: str
    metered: str
    coupon: str
    vat: str


def run_month(*, api_base: str, api_key: str, tally: Tally, tell: Callable[[str], None]) -> None:
    """Five customers: a trial, seats that are upgraded in mid-month with VAT, usage, a coupon, a card that fails.

    What does not come out as it must is a problem of the tally.
    """
    client = stripe.StripeClient(api_key, base_addresses={"api": api_base}, max_network_retries=3)
    try:
        _Month(client, tally, tell).pass_by()
    except (stripe.StripeError, TimeoutError) as error:
        tally.problem(f"subscriptions: {error}")


class _Month:
    def __init__(self, client: stripe.StripeClient, tally: Tally, tell: Callable[[str], None]) -> None:
        self.client, self.tally, self.tell = client, tally, tell
        noon = clock.now().replace(hour=12, minute=0, second=0, microsecond=0)
        self.began_at = int((noon - timedelta(days=BEGAN_DAYS_AGO)).timestamp())

    def pass_by(self) -> None:
        sold = _stock(self.client)
        self.clock = patiently(
            lambda: self.client.v1.test_helpers.test_clocks.create(
                {"frozen_time": self.began_at, "name": "The demo's month"}
            )
        ).id
        trial = self._sell("Trial", {"items": [{"price": sold.basic}], "trial_period_days": 7})
        team = self._sell(
            "Team", {"items": [{"price": sold.basic, "quantity": 3}], "default_tax_rates": [sold.vat]}
        )
        usage = self._sell("Usage", {"items": [{"price": sold.metered}]})
        saver = self._sell(
            "Saver", {"items": [{"price": sold.large}], "discounts": [{"coupon": sold.coupon}]}
        )
        unlucky = self._sell("Unlucky", {"items": [{"price": sold.large}]})
        self._advance(USAGE_ON)
        self._use(usage, cups=420)
        self._give_card(unlucky, BROKE_CARD)
        self._advance(UPGRADE_ON)
        self._upgrade(team, sold.large, seats=5)
        self._advance(RENEWED_BY)
        self._expect(unlucky, "past_due")
        self._give_card(unlucky, OTHER_CARD)
        self._advance(RETRIED_BY)
        for subscription in (trial, team, usage, saver, unlucky):
            self._expect(subscription, "active")
        self.tally.count("subscriptions: a declined renewal healed")

    def _sell(self, name: str, terms: stripe.params.SubscriptionCreateParams) -> stripe.Subscription:
        customer = patiently(
            lambda: self.client.v1.customers.create(
                {"name": name, "email": f"{name.lower()}@example.com", "test_clock": self.clock}
            )
        )
        self._attach(customer.id, GOOD_CARD)
        subscription = patiently(
            lambda: self.client.v1.subscriptions.create({**terms, "customer": customer.id})
        )
        self.tally.count("subscriptions sold")
        return subscription

    def _give_card(self, subscription: stripe.Subscription, card: str) -> None:
        self._attach(str(subscription.customer), card)

    def _attach(self, customer: str, card: str) -> None:
        method = patiently(lambda: self.client.v1.payment_methods.attach(card, {"customer": customer}))
        patiently(
            lambda: self.client.v1.customers.update(
                customer, {"invoice_settings": {"default_payment_method": method.id}}
            )
        )

    def _use(self, subscription: stripe.Subscription, *, cups: int) -> None:
        for day in range(1, USAGE_ON):
            event: stripe.params.billing.MeterEventCreateParams = {
                "event_name": METERED_EVENT,
                "identifier": str(uuid4()),
                "payload": {"stripe_customer_id": str(subscription.customer), "value": str(cups // day)},
                "timestamp": self.began_at + day * DAY,
            }
            patiently(lambda event=event: self.client.v1.billing.meter_events.create(event))  # type: ignore[misc]
            self.tally.count("subscriptions: usage counted")

    def _upgrade(self, subscription: stripe.Subscription, price: str, *, seats: int) -> None:
        item = subscription["items"].data[0].id
        params: stripe.params.SubscriptionUpdateParams = {
            "items": [{"id": item, "price": price, "quantity": seats}],
            "proration_behavior": "always_invoice",
        }
        patiently(lambda: self.client.v1.subscriptions.update(subscription.id, params))
        self.tally.count("subscriptions: upgraded in mid-month")

    def _expect(self, subscription: stripe.Subscription, status: str) -> None:
        """Now or in a moment: news of a payment comes with the workers."""
        ends_at = time.monotonic() + CLOCK_TIMEOUT_SECONDS
        while True:
            found = patiently(lambda: self.client.v1.subscriptions.retrieve(subscription.id)).status
            if found == status:
                return
            if time.monotonic() > ends_at:
                self.tally.problem(f"{subscription.id} is {found}, not {status}")
                return
            time.sleep(0.5)

    def _advance(self, day: int) -> None:
        """Raises TimeoutError when the clock does not arrive."""
        to = self.began_at + day * DAY
        self.tell(f"subscriptions: day {day} of the month")
        patiently(lambda: self.client.v1.test_helpers.test_clocks.advance(self.clock, {"frozen_time": to}))
        ends_at = time.monotonic() + CLOCK_TIMEOUT_SECONDS
        while time.monotonic() < ends_at:
            clock = patiently(lambda: self.client.v1.test_helpers.test_clocks.retrieve(self.clock))
            if clock.status == "ready":
                return
            time.sleep(0.5)
        raise TimeoutError(f"the test clock did not come to day {day}")


def _stock(client: stripe.StripeClient) -> Catalogue:
    """Made anew by every run, but for the meter: a name is counted by one."""
    product = patiently(lambda: client.v1.products.create({"name": "Tea of the month"}))

    def price(terms: stripe.params.PriceCreateParams) -> str:
        return patiently(lambda: client.v1.prices.create(terms)).id

    meters = patiently(lambda: client.v1.billing.meters.list({"status": "active", "limit": 100})).data
    known = [meter.id for meter in meters if meter.event_name == METERED_EVENT]
    meter = known[0] if known else _meter(client)
    coupon: stripe.params.CouponCreateParams = {
        "percent_off": 20,
        "duration": "repeating",
        "duration_in_months": 3,
    }
    vat: stripe.params.TaxRateCreateParams = {"display_name": "VAT", "percentage": 20, "inclusive": False}
    return Catalogue(
        basic=price(
            {
                "product": product.id,
                "currency": "gbp",
                "unit_amount": 1_999,
                "recurring": {"interval": "month"},
            }
        ),
        large=price(
            {
                "product": product.id,
                "currency": "gbp",
                "unit_amount": 3_499,
                "recurring": {"interval": "month"},
            }
        ),
        metered=price(
            {
                "product": product.id,
                "currency": "gbp",
                "unit_amount": 7,
                "recurring": {"interval": "month", "usage_type": "metered", "meter": meter},
            }
        ),
        coupon=patiently(lambda: client.v1.coupons.create(coupon)).id,
        vat=patiently(lambda: client.v1.tax_rates.create(vat)).id,
    )


def _meter(client: stripe.StripeClient) -> str:
    params: stripe.params.billing.MeterCreateParams = {
        "display_name": "Brewed cups",
        "event_name": METERED_EVENT,
        "default_aggregation": {"formula": "sum"},
    }
    return patiently(lambda: client.v1.billing.meters.create(params)).id
