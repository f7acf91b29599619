"""What an agent does all day: find a payment, read its page, give money back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from foundation.jobs.models import Job
from foundation.money import Money
from foundation.tenancy.models import Merchant
from payments.models import Refund
from tests.factories.back_office_rows import paid_payment, payment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[], None]
Shoot = Callable[[str], None]


@pytest.fixture
def shop(merchant: Merchant) -> Merchant:
    """A merchant with payments in every state an agent meets."""
    decline = {"code": "card_declined", "decline_code": "insufficient_funds"}
    payment(
        merchant,
        amount_minor=990,
        order="536370",
        status="requires_payment_method",
        attempt_status="declined",
        last_payment_error=decline,
        error_code="card_declined",
        decline_code="insufficient_funds",
    )
    payment(merchant, amount_minor=123_456_00, order="536371", status="processing", attempt_status="unknown")
    payment(
        merchant,
        amount_minor=5_000,
        currency="jpy",
        order="536372",
        status="requires_capture",
        attempt_status="authorized",
    )
    paid_payment(merchant, amount_minor=1_500, order="536373", amount_refunded_minor=500)
    paid_payment(merchant)
    return merchant


def test_the_list_shows_payments_and_finds_one_by_its_order(
    page: Page, shop: Merchant, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    log_in("agent")

    page.goto("/admin/payments/paymentintent/")
    expect(page.locator("#result_list tbody tr")).to_have_count(5)
    shoot("payments")
    check_accessible()
    page.locator("#searchbar").fill("536365")
    page.keyboard.press("Enter")

    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(page.get_by_text("42.00 USD")).to_be_visible()


def test_the_list_is_narrowed_by_status_and_by_amount(
    page: Page, shop: Merchant, log_in: Any, shoot: Shoot, check_accessible: Check
) -> None:
    log_in("agent")
    page.goto("/admin/payments/paymentintent/")

    page.get_by_role("navigation", name="Status").get_by_role("link", name="Paid").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(2)
    page.locator("#content-main a").filter(has_text="filter_list").first.click()
    page.get_by_label("From").fill("20")
    shoot("filters")
    check_accessible()
    page.get_by_role("button", name="Apply filters").click()

    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(page.get_by_text("42.00 USD")).to_be_visible()


def test_the_payment_page_says_what_happened_and_what_comes_next(
    page: Page, shop: Merchant, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    intent = paid_payment(shop, order="777")
    log_in("agent")

    page.goto(f"/admin/payments/paymentintent/{intent.id}/change/")

    expect(page.get_by_text("Paid. Nothing else happens by itself.")).to_be_visible()
    expect(page.get_by_text("We asked the PSP to charge the card")).to_be_visible()
    shoot("payment")
    check_accessible()
    page.get_by_text("What was said").first.click()
    shoot("payment_details")
    check_accessible()


def test_a_declined_payment_says_why_in_plain_words(
    page: Page, shop: Merchant, log_in: Any, shoot: Shoot
) -> None:
    log_in("agent")
    page.goto("/admin/payments/paymentintent/?q=536370")

    page.locator("#result_list tbody a").first.click()

    expect(page.get_by_role("status")).to_contain_text("There is not enough money on the card.")
    shoot("payment_declined")


def test_an_agent_refunds_a_part_in_the_dialog_and_a_double_click_refunds_once(
    page: Page, shop: Merchant, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    intent = paid_payment(shop, order="888")
    log_in("agent")
    page.goto(f"/admin/payments/paymentintent/{intent.id}/change/")

    page.get_by_role("link", name="Refund", exact=True).click()
    dialog = page.get_by_role("dialog", name="Refund")
    expect(dialog.get_by_label("Amount in USD")).to_have_value("42.00")
    shoot("refund_dialog")
    check_accessible()
    dialog.get_by_label("Amount in USD").fill("10.50")
    dialog.get_by_label("Reason").select_option("requested_by_customer")
    dialog.get_by_label("Note").fill("one kettle was broken")
    dialog.get_by_role("button", name="Refund").dblclick()

    expect(page.get_by_text("The refund of 10.50 USD is on its way.", exact=True)).to_be_visible()
    expect(page.get_by_text("The customer asked for it: one kettle was broken")).to_be_visible()
    shoot("payment_refunding")
    refund = Refund.across_merchants.get()
    assert refund.amount == Money(1_050, "usd")
    assert refund.requested_by == "staff:ada"
    assert Job.objects.filter(name="payments.execute_refund").count() == 1


def test_a_refund_beyond_what_is_available_is_refused_in_the_dialog(
    page: Page, shop: Merchant, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    intent = paid_payment(shop, order="889")
    log_in("agent")
    page.goto(f"/admin/payments/paymentintent/{intent.id}/change/")

    page.get_by_role("link", name="Refund", exact=True).click()
    dialog = page.get_by_role("dialog", name="Refund")
    dialog.get_by_label("Amount in USD").fill("42.01")
    dialog.get_by_label("Reason").select_option("duplicate")
    dialog.get_by_role("button", name="Refund").click()

    expect(dialog.get_by_text("is more than the 42.00 USD that is still available")).to_be_visible()
    shoot("refund_refused")
    check_accessible()
    assert Refund.across_merchants.count() == 0


@pytest.mark.parametrize("model", ["refund", "customer", "paymentmethod", "pspaccount", "pspwebhook", "case"])
def test_every_list_of_payments_opens_cleanly(
    model: str, page: Page, shop: Merchant, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    log_in("auditor")

    page.goto(f"/admin/payments/{model}/")

    expect(page.locator("h1")).to_be_visible()
    shoot(f"list_payments_{model}")
    check_accessible()


def test_the_customer_page_lists_methods_and_payments(
    page: Page, shop: Merchant, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    intent = paid_payment(shop, email="kim@example.com")
    log_in("agent")

    page.goto(f"/admin/payments/customer/{intent.customer_id}/change/")

    expect(page.get_by_role("heading", name="Newest payments")).to_be_visible()
    expect(page.get_by_role("link", name=intent.public_id)).to_be_visible()
    shoot("customer")
    check_accessible()


def test_home_shows_the_day_and_what_waits(
    page: Page, shop: Merchant, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    log_in("auditor")

    expect(page.get_by_role("heading", name="The last 24 hours")).to_be_visible()
    shoot("home")
    check_accessible()
    page.get_by_role("link", name="Payments in doubt").click()

    expect(page.locator("h1")).to_contain_text("Payments")


def test_in_the_dark_theme_the_payment_page_stays_readable(
    page: Page, shop: Merchant, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    intent = paid_payment(shop, order="999")
    log_in("auditor")
    page.emulate_media(color_scheme="dark")

    page.goto(f"/admin/payments/paymentintent/{intent.id}/change/")

    expect(page.locator("html.dark")).to_be_attached()
    shoot("payment_dark")
    check_accessible()


def test_without_javascript_a_refund_goes_through_its_own_page(
    page: Page, chromium: Any, live_server: Any, shop: Merchant, log_in: Any
) -> None:
    intent = paid_payment(shop, order="1000")
    log_in("agent")
    plain = chromium.new_context(
        base_url=live_server.url, java_script_enabled=False, storage_state=page.context.storage_state()
    ).new_page()

    plain.goto(f"/admin/payments/paymentintent/{intent.id}/refund/")
    plain.get_by_label("Amount in USD").fill("1.00")
    plain.get_by_label("Reason").select_option("duplicate")
    plain.locator("form[data-once] button[type=submit]").click()

    expect(plain.get_by_text("The refund of 1.00 USD is on its way.")).to_be_attached()
    assert Refund.across_merchants.count() == 1
    plain.context.close()
