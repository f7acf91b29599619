"""What billing support does: read a subscription, explain an amount, change seats knowing the cent, credit a line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from foundation import clock
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.tenancy.models import Merchant
from payments.models import PspAccount
from payments.psp.sandbox.sandbox import Sandbox
from subscriptions.discounts import Duration
from subscriptions.models import CreditNote, Subscription
from subscriptions.operations.collect_invoice import collect_invoice
from subscriptions.operations.create_coupon import create_coupon
from subscriptions.operations.create_dunning_policy import create_dunning_policy
from subscriptions.operations.create_tax_rate import create_tax_rate
from subscriptions.operations.finalize_invoice import finalize_invoice
from subscriptions.operations.renew_subscription import renew_subscription
from subscriptions.steps.redeem import Redemption
from tests.factories.billing import Biller
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop, open_shop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[], None]
Shoot = Callable[[str], None]


@pytest.fixture
def merchant(live_server: Any, psp: ScriptedPsp) -> Merchant:
    """A shop at the scripted PSP: its charges are real ones."""
    return open_shop(psp).merchant


@pytest.fixture
def biller(merchant: Merchant, psp: ScriptedPsp, sandbox: Sandbox) -> Biller:
    return Biller(Shop(merchant, PspAccount.objects.for_merchant(merchant.id).get(), psp))


@pytest.fixture
def subscription(biller: Biller) -> Subscription:
    """Two seats with a discount and tax, paid."""
    rate = create_tax_rate(
        merchant_id=biller.id,
        tax_rate_id=new_id(),
        display_name="VAT",
        percentage=Decimal("19"),
        inclusive=False,
        jurisdiction="DE",
    )
    coupon = create_coupon(
        merchant_id=biller.id,
        coupon_id=new_id(),
        duration=Duration.REPEATING,
        duration_in_months=3,
        percent_off=Decimal("25"),
        name="Spring",
        custom_id="SPRING25",
    )
    biller.price(2_500, nickname="Business")
    return biller.subscribes(
        biller.customer(name="Jane Porter", email="jane@example.com"),
        quantity=2,
        default_tax_rate_ids=(rate.id,),
        discounts=(Redemption(coupon_id=coupon.id),),
    )


def page_of(row: Any) -> str:
    return f"/admin/subscriptions/{row._meta.model_name}/{row.pk}/change/"


def test_the_subscription_page_says_what_comes_next_and_why_it_costs_that(
    page: Page, subscription: Subscription, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    log_in("senior_agent")

    page.goto(page_of(subscription))

    expect(page.get_by_role("status")).to_contain_text("It renews at")
    expect(page.get_by_role("status")).to_contain_text("17.85 USD is charged then")
    shoot("subscription")
    check_accessible()
    page.get_by_text("Why this amount?").first.click()
    expect(page.get_by_text("2 × 10.00 USD = 20.00 USD")).to_be_visible()
    shoot("subscription_why")
    check_accessible()


def test_seats_are_changed_knowing_the_cent(
    page: Page,
    subscription: Subscription,
    biller: Biller,
    log_in: Any,
    check_accessible: Check,
    shoot: Shoot,
) -> None:
    log_in("senior_agent")
    page.goto(page_of(subscription))

    page.get_by_role("link", name="Change plan or seats").click()
    page.get_by_label("How many of item 1").fill("5")
    page.get_by_role("button", name="Show what it would come to").click()
    now = page.get_by_role("region", name="Now")
    expect(now.get_by_text("Remaining time on 5 × Tea")).to_be_visible()
    shoot("what_if")
    check_accessible()
    total = now.locator(".bo-totals dd").last.inner_text()
    now.get_by_label("Reason").fill("five people now")
    now.get_by_role("button", name="Change now").dblclick()

    expect(page.get_by_text("The change is made when it is paid")).to_be_visible()
    shoot("subscription_changed")
    run_due_jobs()
    biller.hears_of_payments()
    assert subscription.items.get().quantity == 5
    billed = biller.invoices(subscription)[1]
    assert total == f"{billed.total_minor / 100:.2f} USD"
    page.goto(page_of(billed))
    for summary in page.get_by_text("Why this amount?").all():
        summary.click()
    expect(page.get_by_text("Gives back").first).to_be_visible()
    shoot("invoice_of_change")
    check_accessible()


def test_an_invoice_is_credited_in_the_dialog(
    page: Page,
    subscription: Subscription,
    biller: Biller,
    log_in: Any,
    check_accessible: Check,
    shoot: Shoot,
) -> None:
    invoice = biller.invoices(subscription)[0]
    log_in("finance")
    page.goto(page_of(invoice))
    shoot("invoice")
    check_accessible()

    page.get_by_role("link", name="Credit note", exact=True).click()
    dialog = page.get_by_role("dialog", name="Credit note")
    dialog.get_by_label("2 × Tea").fill("10.00")
    dialog.get_by_label("Reason").select_option("order_change")
    dialog.get_by_label("In your own words").fill("one seat was never used")
    shoot("credit_note_dialog")
    check_accessible()
    dialog.get_by_role("button", name="Credit note").dblclick()

    expect(page.get_by_text("is issued.")).to_be_visible()
    note = CreditNote.across_merchants.get()
    page.goto(page_of(note))
    expect(page.get_by_text("one seat was never used").first).to_be_visible()
    shoot("credit_note")
    check_accessible()


def test_a_failed_renewal_shows_its_tries_and_the_next_one(
    page: Page, biller: Biller, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    customer = biller.customer("pm_card_visa", name="Kim Lee")
    subscription = biller.subscribes(customer)
    biller.takes_card(customer, "pm_card_chargeCustomerFail")
    renewed = _renew(biller, subscription)
    log_in("agent")

    page.goto(page_of(subscription))
    expect(page.get_by_role("status")).to_contain_text("The next try is at")
    shoot("subscription_past_due")
    check_accessible()
    page.goto(page_of(renewed))

    expect(page.get_by_role("heading", name="Tries after a failure")).to_be_visible()
    shoot("invoice_dunning")
    check_accessible()


def _renew(biller: Biller, subscription: Subscription) -> Any:
    """The next period's invoice, finalized and tried, as beat's jobs do it."""
    due = clock.now().replace(microsecond=0) - timedelta(minutes=1)
    rows = Subscription.across_merchants.filter(pk=subscription.pk)
    length = subscription.current_period_end_at - subscription.current_period_start_at
    rows.update(
        anchor_at=due,
        anchor_day=None,
        current_period_start_at=due - length,
        current_period_end_at=due,
        next_billing_at=due,
    )
    invoice = renew_subscription(merchant_id=biller.id, subscription_id=subscription.id)
    assert invoice is not None
    finalize_invoice(merchant_id=biller.id, invoice_id=invoice.id)
    collect_invoice(merchant_id=biller.id, invoice_id=invoice.id, attempt=1, in_background=False)
    biller.hears_of_payments()
    return invoice


def test_the_customers_page_needs_nothing_but_its_address(
    page: Page, subscription: Subscription, biller: Biller, check_accessible: Check, shoot: Shoot
) -> None:
    invoice = biller.invoices(subscription)[0]

    page.goto(f"/invoices/{invoice.hosted_token}")

    expect(page.get_by_role("heading", name="Invoice", exact=True)).to_be_visible()
    expect(page.get_by_text("Tax DE 19 %")).to_be_visible()
    shoot("public_invoice")
    check_accessible()
    page.set_viewport_size({"width": 390, "height": 844})
    shoot("public_invoice_phone")
    check_accessible()


def test_the_load_by_hour_is_drawn_and_leads_to_its_rows(
    page: Page, biller: Biller, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    day = biller.price(500, interval="day")
    for _ in range(3):
        biller.subscribes(prices=[day])
    log_in("agent")

    page.goto("/admin/subscriptions/subscription/load/")
    shoot("load")
    check_accessible()
    page.locator("svg.bo-chart a").first.click()

    expect(page.locator("#result_list tbody tr")).to_have_count(3)


def test_a_price_in_tiers_is_made_by_hand(
    page: Page, biller: Biller, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    product = biller.price().product
    log_in("finance")
    page.goto(page_of(product))

    page.get_by_role("link", name="New price").click()
    dialog = page.get_by_role("dialog", name="New price")
    dialog.get_by_label("Kind").select_option("graduated")
    dialog.get_by_label("Tiers").fill("10; 5.00; 0\n*; 4.00; 2.50")
    shoot("new_price")
    check_accessible()
    dialog.get_by_role("button", name="New price").click()

    expect(page.get_by_text("The price is made: in graduated tiers every month.")).to_be_visible()
    page.get_by_role("link", name="in graduated tiers every month").click()
    expect(page.get_by_text("from 11")).to_be_visible()
    shoot("price")
    check_accessible()


@pytest.mark.parametrize(
    "model",
    [
        "subscription",
        "invoice",
        "creditnote",
        "product",
        "price",
        "coupon",
        "promotioncode",
        "taxrate",
        "meter",
        "dunningpolicy",
    ],
)
def test_every_list_of_subscriptions_opens_cleanly(
    model: str,
    page: Page,
    subscription: Subscription,
    biller: Biller,
    log_in: Any,
    check_accessible: Check,
    shoot: Shoot,
) -> None:
    create_dunning_policy(
        merchant_id=biller.id,
        dunning_policy_id=new_id(),
        name="Patient",
        offsets_days=[0, 3, 10],
        end_action="unpaid",
    )
    log_in("finance")

    page.goto(f"/admin/subscriptions/{model}/")

    expect(page.locator("h1")).to_be_visible()
    shoot(f"list_subscriptions_{model}")
    check_accessible()


def test_in_the_dark_theme_the_subscription_stays_readable(
    page: Page, subscription: Subscription, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    log_in("finance")
    page.emulate_media(color_scheme="dark")

    page.goto(page_of(subscription))

    expect(page.locator("html.dark")).to_be_attached()
    shoot("subscription_dark")
    check_accessible()
