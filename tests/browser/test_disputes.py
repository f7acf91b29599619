"""A disputes agent's morning: what is due, what it is worth, the pack, and the answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from disputes.models import Dispute, DisputeOrder, EvidenceFile
from disputes.operations.assign_dispute import assign_dispute
from disputes.operations.record_order_outcome import record_order_outcome
from disputes.operations.save_evidence_template import save_evidence_template
from foundation import clock
from foundation.ids import new_id
from foundation.tenancy.models import Merchant
from payments.psp.outcomes import Succeeded
from tests.factories.back_office_rows import paid_payment
from tests.factories.dispute_rows import claim_of, fresh, open_dispute

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[], None]
Shoot = Callable[[str], None]
QUEUE = "/admin/disputes/dispute/"


@pytest.fixture
def dispute(merchant: Merchant) -> Dispute:
    """Due in five days, among others of every kind."""
    decided = claim_of(merchant, network_reason_code="10.4")
    decided.hears(decided.takes().says("needs_response"), decided.returns().says("won", submission_count=1))
    gone = claim_of(
        merchant, amount=990, reason="duplicate", network="mastercard", network_reason_code="4834"
    )
    gone.hears(gone.takes().says("lost", submission_count=1))
    open_dispute(merchant, amount=12_345, days=18, reason="product_not_received", network_reason_code="13.1")
    open_dispute(
        merchant, amount=700, reason="credit_not_processed", network="amex", network_reason_code="C02",
        opened_at=clock.now() - timedelta(hours=20), days=1,
    )  # fmt: skip
    save_evidence_template(
        merchant_id=merchant.id,
        template_id=new_id(),
        name="Delivered to the door",
        category="",
        field="uncategorized_text",
        text="The courier handed the parcel over on …",
    )
    return open_dispute(merchant, days=5)


@pytest.fixture
def receipt(tmp_path: Path) -> Path:
    path = tmp_path / "receipt.png"
    Image.new("RGB", (40, 40), "white").save(path, "PNG")
    return path


def answered(dispute: Dispute) -> None:
    """The PSP takes our answer."""
    order = DisputeOrder.across_merchants.get()
    yes = Succeeded(psp_reference=dispute.psp_reference, amount=dispute.amount)
    record_order_outcome(merchant_id=dispute.merchant_id, order_id=order.id, outcome=yes)


def test_the_queue_shows_what_is_due_first_and_sorts_by_value(
    page: Page, dispute: Dispute, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    log_in("disputes")
    shoot("home_disputes")
    check_accessible()

    page.get_by_role("link", name="Due within 24 hours: 1").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.get_by_role("navigation", name="Queue").get_by_role("link", name="Needs response").click()
    rows = page.locator("#result_list tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("7.00 USD")
    shoot("queue")
    check_accessible()
    page.get_by_role("link", name="disputed").first.click()

    expect(rows.first).to_contain_text("7.00 USD")
    page.get_by_role("link", name="disputed").first.click()
    expect(rows.first).to_contain_text("123.45 USD")


def test_the_page_says_what_it_is_about_and_every_number_has_its_proof(
    page: Page, dispute: Dispute, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    log_in("disputes")

    page.goto(f"{QUEUE}{dispute.pk}/change/")

    expect(page.get_by_role("status")).to_contain_text("did not make this purchase")
    expect(page.get_by_text("Fighting is worth")).to_be_visible()
    expect(page.get_by_text("a refund would give it a second time")).to_be_visible()
    page.get_by_role("link", name="its entry").first.click()
    expect(page.get_by_text("assets/disputed_funds").first).to_be_in_viewport()
    page.evaluate("window.scrollTo(0, 0)")
    shoot("dispute")
    check_accessible()


def test_the_pack_is_filled_in_uploaded_to_looked_at_and_submitted(
    page: Page, dispute: Dispute, receipt: Path, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    log_in("disputes")
    page.goto(f"{QUEUE}{dispute.pk}/change/")
    page.get_by_role("link", name="Fill in the evidence").first.click()
    shoot("evidence_empty")
    check_accessible()

    page.get_by_role("button", name="Fill in from our history").click()
    expect(page.get_by_label("Customer's e-mail")).to_have_value("jane@example.com")
    page.get_by_label("IP address of the purchase").fill("203.0.113.7")
    page.get_by_label("Logins and use of the service").fill("Logged in on 3 and 4 November.")
    page.get_by_label("Messages with the customer").set_input_files(receipt)
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Complete", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="receipt.png")).to_be_visible()
    shoot("evidence")
    check_accessible()
    page.get_by_role("link", name="Submit evidence").click()
    dialog = page.get_by_role("dialog", name="Submit evidence")
    expect(dialog.get_by_text("The bank gets these texts and files once.")).to_be_visible()
    expect(dialog.get_by_text("The pack goes to the bank with the texts and files")).to_be_visible()
    shoot("submit_dialog")
    check_accessible()
    dialog.get_by_label("I have read the pack").check()
    dialog.get_by_role("button", name="Submit evidence").dblclick()

    expect(page.get_by_text("The evidence is on its way to the PSP.", exact=True)).to_be_visible()
    assert DisputeOrder.across_merchants.count() == 1
    answered(dispute)
    page.goto(f"{QUEUE}{dispute.pk}/evidence/")
    expect(page.get_by_role("heading", name="The immutable copy")).to_be_visible()
    order = DisputeOrder.across_merchants.get()
    assert order.pack is not None
    expect(page.get_by_text(order.evidence_sha256)).to_be_visible()
    expect(page.get_by_text(order.pack.sha256)).to_be_visible()
    expect(page.get_by_text("This very file went with the submission.")).to_be_visible()
    sent = page.request.get(str(page.get_by_role("link", name="Look at the PDF").get_attribute("href")))
    assert sent.body() == bytes(order.pack.content)
    shoot("evidence_submitted")
    check_accessible()
    page.goto(f"{QUEUE}{dispute.pk}/change/")
    expect(page.get_by_role("link", name="The PDF that was sent")).to_be_visible()
    shoot("dispute_under_review")
    check_accessible()


def test_a_file_that_no_bank_opens_is_refused_beside_its_field(
    page: Page, dispute: Dispute, tmp_path: Path, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    renamed = tmp_path / "letter.pdf"
    renamed.write_bytes(b"PK\x03\x04 a document of another kind")
    log_in("disputes")
    page.goto(f"{QUEUE}{dispute.pk}/evidence/")

    page.get_by_label("Customer's name").fill("Jane Porter")
    page.get_by_label("Messages with the customer").set_input_files(renamed)
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("The file is no PDF, JPEG or PNG.")).to_be_visible()
    expect(page.get_by_label("Customer's name")).to_have_value("Jane Porter")
    expect(page.get_by_label("IP address of the purchase")).to_have_value("")
    shoot("evidence_refused")
    check_accessible()
    assert EvidenceFile.across_merchants.count() == 0


def test_a_file_in_the_packs_place_is_said_before_anything_is_sent(
    page: Page, dispute: Dispute, receipt: Path, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    log_in("disputes")
    page.goto(f"{QUEUE}{dispute.pk}/evidence/")

    page.get_by_text("Matters for other claims").click()
    page.get_by_label("Anything else, as a file").set_input_files(receipt)
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Not sent", exact=True)).to_be_visible()
    expect(page.get_by_text("a file of yours has its place")).to_be_visible()
    shoot("evidence_own_file")
    check_accessible()


def test_two_agents_who_take_it_learn_of_each_other(
    page: Page, dispute: Dispute, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    log_in("disputes")
    page.goto(f"{QUEUE}{dispute.pk}/change/")
    page.get_by_role("link", name="Take it").click()
    dialog = page.get_by_role("dialog", name="Take it")
    expect(dialog).to_be_visible()
    assign_dispute(merchant_id=dispute.merchant_id, dispute_id=dispute.id, assigned_to="bob")

    dialog.get_by_role("button", name="Take it").click()

    expect(dialog.get_by_text("bob works on it now.", exact=False).first).to_be_visible()
    shoot("take_refused")
    check_accessible()
    assert fresh(dispute).assigned_to == "bob"


def test_the_preview_is_a_pdf(page: Page, dispute: Dispute, log_in: Any) -> None:
    log_in("disputes")
    page.goto(f"{QUEUE}{dispute.pk}/evidence/")
    page.get_by_role("button", name="Fill in from our history").click()
    link = page.get_by_role("link", name="Look at the PDF")

    pack = page.request.get(str(link.get_attribute("href")))

    assert pack.headers["content-type"] == "application/pdf"
    expect(page.get_by_text(pack.headers["x-pack-sha256"])).to_be_visible()


def test_accepting_says_what_is_lost_and_a_double_click_accepts_once(
    page: Page, dispute: Dispute, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    log_in("disputes")
    page.goto(f"{QUEUE}{dispute.pk}/change/")

    page.get_by_role("link", name="Accept dispute").click()
    dialog = page.get_by_role("dialog", name="Accept dispute")
    expect(dialog.get_by_text("nobody can take that back")).to_be_visible()
    shoot("accept_dialog")
    check_accessible()
    dialog.get_by_label("Reason").fill("The customer is right")
    dialog.get_by_role("button", name="Accept dispute").dblclick()

    expect(page.get_by_text("Accepting is on its way to the PSP. The dispute is lost")).to_be_visible()
    assert DisputeOrder.across_merchants.count() == 1
    answered(dispute)
    page.reload()
    expect(page.get_by_text("Lost: accepted").first).to_be_visible()
    shoot("dispute_lost")
    check_accessible()


def test_a_dispute_is_answered_with_the_keyboard_alone(page: Page, dispute: Dispute, log_in: Any) -> None:
    log_in("disputes")
    page.goto(f"{QUEUE}{dispute.pk}/evidence/")

    def reach(name: str, role: str = "button") -> None:
        """Tab until the control has the focus."""
        wanted = page.get_by_role(role, name=name, exact=True).first  # type: ignore[arg-type]
        for _ in range(120):
            if wanted.evaluate("element => element === document.activeElement"):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"{name} is not reached by Tab")

    reach("IP address of the purchase", "textbox")
    page.keyboard.type("203.0.113.7")
    reach("Save")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing is sent before you submit it.")).to_be_visible()
    reach("Submit evidence", "link")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Submit evidence")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("link", name="Look at the PDF")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_text("The evidence is on its way to the PSP.", exact=True)).to_be_visible()
    assert fresh(dispute).evidence == {"customer_purchase_ip": "203.0.113.7"}


def test_the_payment_shows_its_dispute_and_refunding_is_off(
    page: Page, merchant: Merchant, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    paid = paid_payment(merchant)
    dispute = open_dispute(merchant, paid)
    log_in("agent")

    page.goto(f"/admin/payments/paymentintent/{paid.id}/change/")

    expect(page.get_by_text("A dispute holds what is left of it")).to_be_visible()
    expect(page.get_by_role("link", name="Refund", exact=True)).to_have_count(0)
    shoot("payment_disputed")
    check_accessible()
    page.get_by_role("link", name=dispute.public_id).click()
    expect(page.get_by_text("Look at the evidence").first).to_be_visible()


@pytest.mark.parametrize("model", ["fraudwarning", "evidencetemplate", "shoppolicy", "disputepolicy"])
def test_every_list_of_disputes_opens_cleanly(
    model: str, page: Page, dispute: Dispute, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    log_in("disputes")

    page.goto(f"/admin/disputes/{model}/")

    expect(page.locator("h1")).to_be_visible()
    shoot(f"list_disputes_{model}")
    check_accessible()


def test_the_rules_are_set_in_a_dialog(
    page: Page, merchant: Merchant, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    log_in("admin")
    page.goto("/admin/disputes/disputepolicy/")

    page.get_by_role("link", name="Set the policy").click()
    dialog = page.get_by_role("dialog", name="Set the policy")
    expect(dialog).to_be_visible()
    shoot("policy_dialog")
    check_accessible()
    dialog.get_by_label("Accept disputes below").fill("12.50")
    dialog.get_by_label("Reason").fill("Small ones cost more than they bring")
    dialog.get_by_role("button", name="Set the policy").click()

    expect(page.get_by_text("below 12.50 USD")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_monitoring_shows_programs_plots_and_how_disputes_end(
    scheme: Any, page: Page, dispute: Dispute, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    log_in("disputes")
    page.emulate_media(color_scheme=scheme)

    page.goto("/admin/disputes/monitoringfigure/")

    expect(page.get_by_role("img", name="Visa VAMP by month")).to_be_visible()
    expect(page.get_by_role("img", name="Visa enumeration by month")).to_be_visible()
    expect(page.get_by_text("begins at 300,000 and 20.00 %")).to_be_visible()
    expect(page.get_by_role("heading", name="By product")).to_be_visible()
    shoot(f"monitoring_{scheme}")
    check_accessible()


def test_in_the_dark_theme_the_dispute_stays_readable(
    page: Page, dispute: Dispute, log_in: Any, check_accessible: Check, shoot: Shoot
) -> None:
    log_in("disputes")
    page.emulate_media(color_scheme="dark")

    for name, address in (("dispute", "change/"), ("evidence", "evidence/")):
        page.goto(f"{QUEUE}{dispute.pk}/{address}")
        expect(page.locator("html.dark")).to_be_attached()
        shoot(f"{name}_dark")
        check_accessible()
