"""What is done where nobody knows: money in doubt resolved by two people, webhooks and jobs that are run again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from foundation import clock
from foundation.jobs.inline import run_due_jobs
from foundation.jobs.models import Job
from foundation.replay.models import Replay
from foundation.tenancy.models import Merchant
from payments.models import CaseResolution, IntentStatus, PspWebhook
from tests.factories.case_people import in_doubt
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop, open_shop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[], None]
Shoot = Callable[[str], None]


@pytest.fixture
def shop(live_server: Any, psp: ScriptedPsp) -> Shop:
    return open_shop(psp)


@pytest.fixture
def merchant(shop: Shop) -> Merchant:
    """The one that log_in makes people of."""
    return shop.merchant


def test_money_in_doubt_is_resolved_with_proof_by_two_people(
    page: Page, shop: Shop, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    intent, case = in_doubt(shop)
    log_in("senior_agent")

    page.goto("/admin/payments/case/desk/")
    expect(page.get_by_text("1 movement in doubt.")).to_be_visible()
    shoot("desk")
    check_accessible()
    page.get_by_role("main").get_by_role("link", name="Charge").click()
    expect(page.get_by_role("status")).to_be_visible()
    shoot("case")
    check_accessible()
    page.get_by_role("link", name="Resolve with proof").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Verdict").select_option("happened")
    dialog.get_by_label("How you know").fill("Their dashboard shows it as paid.")
    dialog.get_by_label("Reference").fill("pi_seen_there")
    shoot("case_resolve")
    check_accessible()
    dialog.get_by_role("button", name="Resolve with proof").click()
    expect(page.get_by_text("It waits for another person's approval.").first).to_be_visible()
    shoot("case_asked")
    assert shop.fresh(intent).status == IntentStatus.PROCESSING

    page.context.clear_cookies()
    log_in("senior_agent", "bob")
    resolution = CaseResolution.objects.for_merchant(shop.id).get()
    page.goto(f"/admin/payments/caseresolution/{resolution.id}/change/")
    shoot("resolution")
    check_accessible()
    page.get_by_role("link", name="Approve", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_text("Approved. It is being recorded")).to_be_visible()
    run_due_jobs()
    page.goto(f"/admin/payments/case/{case.id}/change/")

    expect(page.get_by_text("decided by bob")).to_be_visible()
    shoot("case_resolved")
    check_accessible()
    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED


def test_the_webhooks_of_a_span_are_counted_first_and_one_is_handled_again(
    page: Page, shop: Shop, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    for number in range(3):
        PspWebhook.across_merchants.create(
            merchant_id=shop.id,
            psp_account=shop.account,
            event_id=f"evt_{number}",
            event_type="charge.succeeded",
            body=f'{{"id": "evt_{number}", "type": "charge.succeeded", "data": {{"object": {{}}}}}}',
            handled_at=clock.now() if number else None,
            result="known" if number else "",
        )
    log_in("admin")

    page.goto("/admin/payments/pspwebhook/")
    expect(page.locator("#result_list tbody tr")).to_have_count(3)
    shoot("webhooks")
    check_accessible()
    page.locator("#result_list tbody tr").first.get_by_role("link").first.click()
    shoot("webhook")
    check_accessible()
    page.get_by_role("link", name="Handle again").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("The handler was broken.")
    page.get_by_role("dialog").get_by_role("button", name="Handle again").click()
    expect(page.get_by_text("The webhook is handled again within a second.")).to_be_visible()

    page.goto(f"/admin/payments/pspaccount/{shop.account.id}/change/")
    page.get_by_role("link", name="Replay webhooks").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("[name=received_from_0]").fill("2026-01-01")
    dialog.locator("[name=received_from_1]").fill("00:00:00")
    dialog.get_by_label("Reason").fill("The handler was broken.")
    shoot("webhooks_replay")
    check_accessible()
    dialog.get_by_role("button", name="Replay webhooks").click()

    expect(page.get_by_text("3 webhooks would be handled again.")).to_be_visible()
    assert list(Replay.objects.order_by("id").values_list("is_dry_run", "found")) == [(False, 1), (True, 3)]
    assert Job.objects.filter(name="payments.handle_psp_webhook").count() == 1
    page.goto("/admin/foundation/replay/")
    shoot("replays")
    check_accessible()


def test_a_dead_job_says_why_and_runs_again(
    page: Page, shop: Shop, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    job = Job.objects.create(
        name="payments.resolve_unknown",
        queue="psp",
        args={"kind": "attempt"},
        merchant_id=shop.id,
        status=Job.Status.DEAD,
        attempts=10,
        last_error="ResourceMissing: No such charge.",
        finished_at=clock.now(),
    )
    log_in("admin")

    page.goto("/admin/foundation/job/")
    expect(page.get_by_text("payments.resolve_unknown").first).to_be_visible()
    shoot("jobs")
    check_accessible()
    page.goto(f"/admin/foundation/job/{job.pk}/change/")
    expect(page.get_by_text("ResourceMissing: No such charge.").first).to_be_visible()
    shoot("job")
    check_accessible()
    page.get_by_role("link", name="Run again").click()
    page.get_by_role("dialog").get_by_role("button", name="Run again").click()

    expect(page.get_by_text("The job runs again.")).to_be_visible()
    assert Job.objects.get(pk=job.pk).status == Job.Status.READY
