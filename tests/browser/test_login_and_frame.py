"""Logging in and finding one's way: login, home, lists, search, an action in a dialog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from foundation.tenancy.models import Merchant, StaffUser
from foundation.tenancy.staff import create_staff
from tests.browser.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[], None]
Shoot = Callable[[str], None]


def test_the_admin_sends_strangers_to_the_login_page(
    page: Page, live_server: Any, check_accessible: Check, shoot: Shoot
) -> None:
    page.goto("/admin/")

    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    shoot("login")
    check_accessible()


def test_a_staff_member_logs_in_and_sees_home(
    page: Page, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    log_in("admin")

    expect(page.locator("#nav-sidebar").get_by_role("link", name="Merchants")).to_be_visible()
    shoot("home")
    check_accessible()


@pytest.mark.parametrize(
    "path",
    [
        "/admin/foundation/merchant/",
        "/admin/foundation/apikey/",
        "/admin/foundation/staffuser/",
        "/admin/foundation/job/",
        "/admin/foundation/event/",
        "/admin/foundation/webhookendpoint/",
        "/admin/foundation/webhookdelivery/",
        "/admin/foundation/auditevent/",
    ],
)
def test_every_list_of_the_foundation_opens_cleanly(
    path: str, page: Page, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    log_in("admin")

    page.goto(path)

    expect(page.locator("h1")).to_be_visible()
    shoot("list" + path.replace("/", "_"))
    check_accessible()


def test_a_person_is_switched_off_in_a_dialog_that_says_why(
    page: Page, log_in: Any, merchant: Merchant, check_accessible: Check, shoot: Shoot
) -> None:
    log_in("admin")
    grace = create_staff(username="grace", role="agent", password=PASSWORD, merchant_ids=[merchant.id])
    page.goto(f"/admin/foundation/staffuser/{grace.pk}/change/")
    shoot("person")
    check_accessible()

    page.get_by_role("link", name="Switch off").click()
    dialog = page.get_by_role("dialog", name="Switch off")
    expect(dialog).to_be_visible()
    shoot("dialog")
    check_accessible()
    dialog.get_by_label("Reason").fill("left the company")
    dialog.get_by_role("button", name="Switch off").click()

    expect(page.get_by_text("grace is switched off.")).to_be_visible()
    assert StaffUser.objects.get(pk=grace.pk).is_active is False
    page.goto(f"/admin/foundation/staffuser/{grace.pk}/history/")
    expect(page.get_by_text("left the company")).to_be_visible()
    shoot("history")


def test_search_finds_a_merchant_and_a_pasted_id_jumps_to_its_page(
    page: Page, log_in: Any, merchant: Merchant, shoot: Shoot
) -> None:
    log_in("admin")

    page.keyboard.press("Control+k")
    page.get_by_role("dialog", name="Search").get_by_role("searchbox").press_sequentially("kettles")
    expect(page.get_by_role("link", name="Tea and Kettles")).to_be_visible()
    shoot("search")
    page.get_by_role("searchbox").fill("")
    page.get_by_role("searchbox").press_sequentially(merchant.public_id)

    page.wait_for_url(f"**/admin/foundation/merchant/{merchant.id}/change/")


def test_the_second_factor_pages_open_cleanly(
    page: Page, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    log_in("agent")

    page.goto("/accounts/2fa/")
    expect(page.get_by_role("heading", name="Two-Factor Authentication")).to_be_visible()
    shoot("mfa")
    check_accessible()
    page.goto("/accounts/2fa/totp/activate/")
    shoot("totp")
    check_accessible()
