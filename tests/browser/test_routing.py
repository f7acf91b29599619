"""What the payments team does with routing: rules by two people, an experiment, why a payment went where it went."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from foundation.jobs.inline import run_due_jobs
from foundation.resilience import breaker
from foundation.resilience.circuits import Switch
from foundation.tenancy.models import Merchant
from payments.models import BreakerSwitch, RoutingBacktest, RoutingExperiment, RoutingRuleSet
from payments.psp.admission import circuit_of
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop, open_shop
from tests.factories.two_psps import TwoPsps, open_second_account

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[], None]
Shoot = Callable[[str], None]


@pytest.fixture
def shop(live_server: Any, psp: ScriptedPsp) -> Shop:
    return open_shop(psp)


@pytest.fixture
def two(shop: Shop) -> TwoPsps:
    return open_second_account(shop)


@pytest.fixture
def merchant(shop: Shop) -> Merchant:
    """The one that log_in makes people of."""
    return shop.merchant


def press(page: Page, name: str) -> None:
    """A button of the page's head, and then the one of the dialog it opens."""
    page.get_by_role("group", name="Actions").get_by_role("link", name=name, exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()


def test_the_accounts_and_their_breakers_are_seen_and_one_is_switched_by_hand(
    page: Page, two: TwoPsps, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    two.shop.pays()
    log_in("admin")

    page.goto("/admin/payments/pspaccount/")
    expect(page.locator("#result_list tbody tr")).to_have_count(2)
    shoot("psp_accounts")
    check_accessible()
    page.get_by_role("link", name="Scripted").click()
    expect(page.get_by_text(two.first.public_id).first).to_be_visible()
    shoot("psp_account")
    check_accessible()

    page.goto("/admin/payments/breakerswitch/")
    expect(page.get_by_role("heading", name="All calls flow")).to_be_visible()
    shoot("breakers")
    check_accessible()
    row = page.get_by_role("row", name="Authorize").first
    row.get_by_role("link", name="Switch").click()
    expect(page.get_by_label("Operation")).to_have_value("authorize")
    page.get_by_label("Position").select_option("open")
    page.get_by_label("Reason").fill("Their status page says that they are down.")
    shoot("breaker_switch")
    check_accessible()
    page.get_by_role("button", name="Switch a breaker").click()

    expect(page.get_by_role("heading", name="1 cut off now")).to_be_visible()
    shoot("breakers_forced")
    check_accessible()
    kept = BreakerSwitch.objects.for_merchant(two.shop.id).get()
    assert (kept.operation, kept.position, kept.decided_by) == ("authorize", "open", "staff:ada")
    for account in (two.first, two.second):
        breaker.switch(circuit_of(account.public_id, "authorize"), Switch.AUTOMATIC)


def test_rules_go_from_a_draft_through_a_back_test_and_another_person_to_the_payments(
    page: Page, two: TwoPsps, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    two.shop.pays(12_34)
    log_in("finance")

    page.goto("/admin/payments/routingruleset/")
    page.get_by_role("link", name="New draft for Tea shop").click()
    page.get_by_label("Name").fill("US cards")
    shoot("rules_draft")
    check_accessible()
    page.get_by_role("button", name="Save draft").click()
    page.get_by_role("link", name="Add a rule").click()

    page.get_by_label("Name").fill("Dollars to the second")
    page.get_by_label("Currencies").fill("usd")
    page.get_by_label("Amount to").fill("500")
    page.get_by_label("What Second does").select_option("share")
    page.get_by_label("Share of Second in percent").fill("90")
    page.get_by_label("What Scripted does").select_option("standby")
    page.get_by_label("Fallback place of Scripted").fill("1")
    page.get_by_role("button", name="Add a rule").click()
    expect(page.get_by_text("The shares sum to 90 %, not to 100 %.")).to_be_visible()
    shoot("rule_refused")
    check_accessible()
    page.get_by_label("Share of Second in percent").fill("100")
    page.get_by_role("button", name="Add a rule").click()

    expect(page.get_by_role("cell", name="Second, 100 %")).to_be_visible()
    press(page, "Back-test")
    expect(page.get_by_text("The back-test is running.")).to_be_visible()
    run_due_jobs()
    page.reload()
    shoot("rules_tested")
    check_accessible()
    page.get_by_role("link", name="1 of 1 decisions would change").click()
    expect(page.get_by_role("cell", name="12.34 USD").first).to_be_visible()
    shoot("backtest")
    check_accessible()
    assert RoutingBacktest.objects.for_merchant(two.shop.id).get().changed == 1

    page.context.clear_cookies()
    log_in("finance", "grace")
    page.goto("/admin/payments/routingruleset/")
    page.get_by_role("link", name="US cards").click()
    press(page, "Approve")
    expect(page.get_by_text("Approved. No payment follows it yet.")).to_be_visible()
    press(page, "Activate")

    expect(page.get_by_text("Active: payments follow these rules.")).to_be_visible()
    shoot("rules_active")
    check_accessible()
    kept = RoutingRuleSet.objects.for_merchant(two.shop.id).get()
    assert (kept.status, kept.drafted_by, kept.activated_by) == ("active", "staff:ada", "staff:grace")
    assert two.attempts(two.shop.pays(4_56)) == [("Second", "succeeded")]


def test_an_experiment_is_described_started_and_read(
    page: Page, two: TwoPsps, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    log_in("finance")
    page.goto("/admin/payments/routingexperiment/")
    page.get_by_role("link", name="New experiment for Tea shop").click()
    page.get_by_label("Name", exact=True).fill("Second against first")
    page.get_by_label("Arm of Scripted").fill("today")
    page.get_by_label("Share of Scripted in percent").fill("50")
    page.get_by_label("Arm of Second").fill("other")
    page.get_by_label("Share of Second in percent").fill("50")
    shoot("experiment_form")
    check_accessible()
    page.get_by_role("button", name="Save experiment").click()
    page.get_by_role("link", name="Second against first").click()
    press(page, "Start")
    expect(page.get_by_text("Started.", exact=True)).to_be_visible()
    for _ in range(12):
        two.shop.pays()
    page.reload()

    expect(page.locator("svg.bo-plot").first).to_be_visible()
    shoot("experiment")
    check_accessible()
    page.locator("svg.bo-plot").last.scroll_into_view_if_needed()
    shoot("experiment_plots")
    assert RoutingExperiment.objects.for_merchant(two.shop.id).get().started_by == "staff:ada"


def test_an_agent_reads_why_a_payment_went_where_it_went(
    page: Page, two: TwoPsps, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    two.shop.psp.fails("status_429")
    intent = two.shop.pays(7_89)
    log_in("agent")

    page.goto("/admin/payments/routingdecision/")
    expect(page.locator("#result_list tbody tr")).to_have_count(2)
    shoot("decisions")
    check_accessible()
    page.locator("#result_list tbody tr").first.get_by_role("link").first.click()

    expect(page.get_by_text("Failover, try 2")).to_be_visible()
    expect(page.get_by_role("row", name="Scripted").get_by_text("tried just now")).to_be_visible()
    expect(page.get_by_role("link", name=intent.public_id)).to_be_visible()
    shoot("decision")
    check_accessible()
