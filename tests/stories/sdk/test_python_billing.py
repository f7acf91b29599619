"""The official Python SDK sells a subscription, turns a test clock a month, and sees a decline recovered."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import stripe

from foundation.events.handling import HANDLERS
from foundation.events.inline import dispatch_events
from foundation.jobs.inline import run_due_jobs
from tests.factories.books import assert_books_agree
from tests.factories.shop import Shop

pytestmark = pytest.mark.django_db(transaction=True)

START = int(datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp())
DAY = 86_400


def works() -> None:
    """The workers and the relay, until nothing is left to do."""
    for _ in range(3):
        run_due_jobs()
        dispatch_events([HANDLERS])
    run_due_jobs()


def advance(sdk: stripe.StripeClient, clock: str, to: int) -> None:
    advancing = sdk.v1.test_helpers.test_clocks.advance(clock, {"frozen_time": to})
    works()
    ready = sdk.v1.test_helpers.test_clocks.retrieve(clock)

    assert advancing.status == "advancing"
    assert (ready.status, ready.frozen_time) == ("ready", to)


def customer_on(sdk: stripe.StripeClient, clock: str, token: str) -> stripe.Customer:
    customer = sdk.v1.customers.create({"email": "ada@example.com", "test_clock": clock})
    gives_card(sdk, customer.id, token)
    return customer


def gives_card(sdk: stripe.StripeClient, customer: str, token: str) -> None:
    method = sdk.v1.payment_methods.attach(token, {"customer": customer})
    sdk.v1.customers.update(customer, {"invoice_settings": {"default_payment_method": method.id}})


def plan(sdk: stripe.StripeClient, amount: int = 1_999) -> str:
    product = sdk.v1.products.create({"name": "Tea of the month"})
    price = sdk.v1.prices.create(
        {
            "product": product.id,
            "currency": "usd",
            "unit_amount": amount,
            "recurring": {"interval": "month"},
        }
    )
    return price.id


def invoices(sdk: stripe.StripeClient, subscription: str) -> list[tuple[str | None, str | None, int]]:
    rows = sdk.v1.invoices.list({"subscription": subscription}).data
    return [(one.status, one.number, one.amount_paid) for one in reversed(rows)]


def test_a_subscription_is_sold_and_renewed_on_a_test_clock(sdk: stripe.StripeClient, shop: Shop) -> None:
    clock = sdk.v1.test_helpers.test_clocks.create({"frozen_time": START, "name": "A month"})
    customer = customer_on(sdk, clock.id, "pm_card_visa")

    sold = sdk.v1.subscriptions.create(
        {
            "customer": customer.id,
            "items": [{"price": plan(sdk), "quantity": 2}],
            "metadata": {"order": "7"},
            "expand": ["latest_invoice"],
        }
    )
    advance(sdk, clock.id, START + 32 * DAY)
    renewed = sdk.v1.subscriptions.retrieve(sold.id)

    assert (sold.status, sold.test_clock) == ("active", clock.id)
    assert isinstance(sold.latest_invoice, stripe.Invoice)
    assert sold.latest_invoice.amount_paid == 3_998
    assert invoices(sdk, sold.id) == [("paid", "INV-0001", 3_998), ("paid", "INV-0002", 3_998)]
    assert renewed["items"].data[0].current_period_start == datetime(2026, 2, 1, 12, tzinfo=UTC).timestamp()
    types = {event.type for event in sdk.v1.events.list({"limit": 100}).auto_paging_iter()}
    assert {"customer.subscription.created", "invoice.paid", "invoice.finalized"} <= types
    assert shop.psp.charges() == 2
    assert_books_agree(shop)


def test_a_declined_renewal_is_dunned_and_recovered(sdk: stripe.StripeClient, shop: Shop) -> None:
    clock = sdk.v1.test_helpers.test_clocks.create({"frozen_time": START})
    customer = customer_on(sdk, clock.id, "pm_card_visa")
    sold = sdk.v1.subscriptions.create({"customer": customer.id, "items": [{"price": plan(sdk)}]})
    gives_card(sdk, customer.id, "pm_card_chargeCustomerFail")

    advance(sdk, clock.id, START + 32 * DAY)
    failing = sdk.v1.subscriptions.retrieve(sold.id, {"expand": ["latest_invoice"]})
    advance(sdk, clock.id, START + 34 * DAY)
    gives_card(sdk, customer.id, "pm_card_mastercard")
    works()
    recovered = sdk.v1.subscriptions.retrieve(sold.id)

    assert failing.status == "past_due"
    assert isinstance(failing.latest_invoice, stripe.Invoice)
    assert failing.latest_invoice.attempt_count == 1
    assert failing.latest_invoice.next_payment_attempt == START + 31 * DAY + 3_600 + 2 * DAY
    assert recovered.status == "active"
    assert invoices(sdk, sold.id) == [("paid", "INV-0001", 1_999), ("paid", "INV-0002", 1_999)]
    assert shop.psp.charges() == 2
    assert_books_agree(shop)


def test_seats_are_previewed_and_committed_to_the_cent(sdk: stripe.StripeClient, shop: Shop) -> None:
    clock = sdk.v1.test_helpers.test_clocks.create({"frozen_time": START})
    customer = customer_on(sdk, clock.id, "pm_card_visa")
    sold = sdk.v1.subscriptions.create({"customer": customer.id, "items": [{"price": plan(sdk, 3_100)}]})
    item = sold["items"].data[0].id
    advance(sdk, clock.id, START + 15 * DAY)

    preview = sdk.v1.invoices.create_preview(
        {
            "subscription": sold.id,
            "subscription_details": {
                "items": [{"id": item, "quantity": 3}],
                "proration_behavior": "always_invoice",
            },
        }
    )
    sdk.v1.subscriptions.update(
        sold.id,
        {"items": [{"id": item, "quantity": 3}], "proration_behavior": "always_invoice"},
    )
    works()

    assert preview.total == 3_200
    assert invoices(sdk, sold.id)[-1] == ("paid", "INV-0002", 3_200)
    assert shop.psp.charges() == 2
