"""What finance does with settlements: see what a statement brought, what ties out, and end breaks, by two people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from foundation import clock
from foundation.jobs.inline import run_due_jobs
from foundation.tenancy.models import Merchant
from foundation.tenancy.staff import create_staff
from ledger.models import ReconciliationBreak, ReconciliationRun, Statement
from tests.browser.conftest import PASSWORD
from tests.ledger.reconciliation.settlements import captured, charge_row, run, statement_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[], None]
Shoot = Callable[[str], None]


@pytest.fixture
def settled(merchant: Merchant) -> Merchant:
    """Two nights: forty captures that match, and one break of every kind but one."""
    today = clock.now()
    yesterday = today - timedelta(days=1)
    for number in range(40):
        captured(merchant.id, number, gross=1000 + number, fee=59, at=yesterday)
    rows = [
        charge_row(number, gross=f"{10 + number / 100:.2f}", net=f"{9.41 + number / 100:.2f}", at=yesterday)
        for number in range(40)
    ]
    statement_of(merchant.id, *rows[:20], charge_row(77, gross="x"))
    run(merchant.id, as_of_at=yesterday + timedelta(hours=1))
    rows[25] = rows[25].but(gross="11.25", net="10.66")
    rows[26] = rows[26].but(fee="0.70", net="9.56")
    rows[27] = rows[27].but(currency="zzz")
    extra = [charge_row(90, at=yesterday), rows[30].but(txn="txn_again")]
    statement_of(merchant.id, *rows[20:35], *rows[36:], *extra)
    run(merchant.id, as_of_at=today)
    return merchant


def missing_at_us(merchant: Merchant) -> ReconciliationBreak:
    return ReconciliationBreak.objects.for_merchant(merchant.id).get(kind="missing_at_us")


def test_a_statement_shows_what_it_brought_and_what_could_not_be_read(
    page: Page, settled: Merchant, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    log_in("finance")
    page.goto("/admin/ledger/statement/")
    expect(page.locator("#result_list tbody tr")).to_have_count(2)
    shoot("statements")
    check_accessible()

    first = Statement.objects.for_merchant(settled.id).order_by("id").first()
    assert first is not None
    page.goto(f"/admin/ledger/statement/{first.id}/change/")

    expect(page.get_by_text("'x' is not an amount.")).to_be_visible()
    shoot("statement")
    check_accessible()
    page.get_by_role("link", name="Show the lines").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(20)
    shoot("statement_lines")
    check_accessible()
    page.locator("#result_list tbody a").first.click()
    expect(page.get_by_text("by reference")).to_be_visible()
    shoot("statement_line")


def test_a_run_opens_with_the_closing_of_the_one_before_and_ties_out(
    page: Page, settled: Merchant, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    log_in("auditor")
    page.goto("/admin/ledger/reconciliationrun/")
    expect(page.locator("#result_list tbody").get_by_text("Ties out")).to_have_count(2)
    shoot("reconciliations")
    check_accessible()

    last = ReconciliationRun.objects.for_merchant(settled.id).order_by("-id").first()
    assert last is not None
    page.goto(f"/admin/ledger/reconciliationrun/{last.id}/change/")

    expect(page.get_by_text("what was new, and what was open")).to_be_visible()
    shoot("reconciliation")
    check_accessible()
    page.get_by_role("link", name="the closing balances of").click()
    expect(page.get_by_text("nothing: it is the first")).to_be_visible()


def test_two_people_write_a_break_off(
    page: Page, settled: Merchant, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    create_staff(username="bob", role="finance", password=PASSWORD, merchant_ids=[settled.id])
    log_in("finance")
    page.goto("/admin/ledger/reconciliationbreak/")
    expect(page.locator("#result_list tbody").get_by_text("Open", exact=True)).to_have_count(6)
    shoot("breaks")
    check_accessible()
    found = missing_at_us(settled)
    address = f"/admin/ledger/reconciliationbreak/{found.id}/change/"
    page.goto(address)
    shoot("break")
    check_accessible()

    page.get_by_role("link", name="Ask to write off").click()
    dialog = page.get_by_role("dialog", name="Ask to write off")
    dialog.get_by_label("Reason").fill("The PSP does not answer, and it is 9 dollars.")
    shoot("write_off_asked")
    check_accessible()
    dialog.get_by_role("button", name="Ask to write off").dblclick()
    expect(page.get_by_text("The write-off waits for somebody else.", exact=True)).to_be_visible()
    page.get_by_role("link", name="Write off", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Write off").click()
    expect(page.get_by_text("asked for by one person and decided by another")).to_be_visible()
    shoot("write_off_own")

    page.context.clear_cookies()
    page.goto("/admin/")
    page.get_by_label("Username").fill("bob")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url("**/admin/")
    page.goto(address)
    page.get_by_role("link", name="Write off", exact=True).click()
    expect(page.get_by_role("dialog").get_by_text("ada asks to give up 9.41 USD")).to_be_visible()
    shoot("write_off_approving")
    check_accessible()
    page.get_by_role("dialog").get_by_role("button", name="Write off").dblclick()

    expect(page.get_by_text("The difference is written off.", exact=True)).to_be_visible()
    shoot("break_written_off")
    ended = missing_at_us(settled)
    assert (ended.status, ended.write_off_decided_by) == ("written_off", "staff:bob")


def test_breaks_go_out_as_a_file_and_come_back_filled_in(
    page: Page, settled: Merchant, log_in: Any, check_accessible: Check, shoot: Shoot, tmp_path: Path
) -> None:
    log_in("finance")
    page.goto("/admin/ledger/reconciliationbreak/")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download open breaks").click()
    content = Path(downloading.value.path()).read_text()
    filled_in = tmp_path / "breaks.csv"
    filled_in.write_text(content.replace(",open,,,", ",open,kim,Asked the PSP,"))

    page.get_by_role("link", name="Upload a filled-in file").click()
    shoot("break_file")
    check_accessible()
    page.locator("input[type=file]").set_input_files(filled_in)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Owner: kim").first).to_be_visible()
    shoot("break_file_preview")
    check_accessible()
    assert missing_at_us(settled).owner == ""
    page.get_by_role("link", name="Commit").click()
    page.get_by_role("dialog").get_by_role("button", name="Commit").click()
    expect(page.get_by_text("0 of 6 rows")).to_be_visible()
    shoot("break_file_under_way")
    run_due_jobs()
    page.reload()

    expect(page.get_by_text("6 of 6 rows")).to_be_visible()
    shoot("break_file_done")
    check_accessible()
    assert missing_at_us(settled).explanation == "Asked the PSP"
