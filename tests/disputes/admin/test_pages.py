"""The page of a dispute, its evidence and what is done with it: each change is a POST bound to what was seen."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from disputes.models import Dispute, DisputeNote, DisputeOrder, EvidenceFile
from disputes.operations.accept_dispute import accept_dispute
from disputes.operations.record_order_outcome import record_order_outcome
from disputes.operations.stage_evidence import stage_evidence
from foundation import clock
from foundation.ids import new_id
from foundation.jobs.models import Job
from foundation.tenancy.models import Merchant
from payments.psp.outcomes import Succeeded
from tests.factories.back_office_rows import paid_payment
from tests.factories.dispute_rows import claim_of, fresh, open_dispute
from tests.factories.dispute_rows import save_evidence_page as save

ClientOf = Callable[..., Client]
QUEUE = "/admin/disputes/dispute/"


@pytest.fixture
def dispute(merchant: Merchant) -> Dispute:
    return open_dispute(merchant)


def page_of(client: Client, dispute: Dispute, page: str = "change/") -> str:
    answer = client.get(f"{QUEUE}{dispute.pk}/{page}")
    assert answer.status_code == 200
    return answer.content.decode()


def picture(color: str = "white") -> SimpleUploadedFile:
    written = io.BytesIO()
    Image.new("RGB", (8, 8), color).save(written, "PNG")
    return SimpleUploadedFile("receipt.png", written.getvalue(), "image/png")


def answer(client: Client, dispute: Dispute, verb: str, key: UUID | None = None, **changed: Any) -> Any:
    given = {"form_key": key or new_id(), "shown_version": dispute.version, **changed}
    return client.post(f"{QUEUE}{dispute.pk}/{verb}/", given)


def nothing_was_ordered() -> bool:
    return (
        not DisputeOrder.across_merchants.exists()
        and not Job.objects.filter(name="disputes.execute_order").exists()
    )


def test_the_page_says_the_claim_the_money_and_why_refunding_is_blocked(
    merchant: Merchant, client_of: ClientOf, dispute: Dispute
) -> None:
    shown = page_of(client_of("disputes"), dispute)

    assert "did not make this purchase" in shown
    assert "The PSP has 42.00 USD of ours." in shown
    assert "a refund would give it a second time" in shown
    assert "dispute fee 15.00 USD charged" in shown
    assert "assets/disputed_funds" in shown
    assert "33 % × 42.00 USD" in shown


def test_ledger_entries_lead_to_the_books_for_those_who_may_open_them(
    client_of: ClientOf, dispute: Dispute
) -> None:
    assert "/admin/ledger/journalentry/" not in page_of(client_of("disputes"), dispute)
    assert "/admin/ledger/journalentry/" in page_of(client_of("auditor", "vic"), dispute)


def test_other_disputes_of_the_customer_are_listed(merchant: Merchant, client_of: ClientOf) -> None:
    paid = paid_payment(merchant)
    first, second, foreign = (
        open_dispute(merchant, paid),
        open_dispute(merchant, paid),
        open_dispute(merchant),
    )

    shown = page_of(client_of("disputes"), first)

    assert second.public_id in shown
    assert foreign.public_id not in shown


def test_a_payments_page_shows_its_dispute_and_refunding_is_off_with_the_reason(
    merchant: Merchant, client_of: ClientOf
) -> None:
    paid = paid_payment(merchant)
    dispute = open_dispute(merchant, paid)
    client = client_of("agent")

    shown = client.get(f"/admin/payments/paymentintent/{paid.id}/change/").content.decode()

    assert dispute.public_id in shown
    assert "Held for disputes" in shown
    assert "A dispute holds what is left of it" in shown
    assert f"/admin/payments/paymentintent/{paid.id}/refund/" not in shown


def test_once_won_the_payment_can_be_refunded_again(merchant: Merchant, client_of: ClientOf) -> None:
    paid = paid_payment(merchant)
    claim = claim_of(merchant, paid)
    claim.hears(claim.takes().says("needs_response"), claim.returns().says("won"))

    shown = client_of("agent").get(f"/admin/payments/paymentintent/{paid.id}/change/").content.decode()

    assert f"/admin/payments/paymentintent/{paid.id}/refund/" in shown
    assert "Held for disputes" not in shown


def test_saving_stages_what_changed_and_sends_nothing(client_of: ClientOf, dispute: Dispute) -> None:
    done = save(
        client_of("disputes"), dispute, customer_purchase_ip="203.0.113.7", uncategorized_text="a\r\nb"
    )

    assert done.status_code == 302
    assert fresh(dispute).evidence == {"customer_purchase_ip": "203.0.113.7", "uncategorized_text": "a\nb"}
    assert nothing_was_ordered()


def test_filling_in_from_history_never_replaces_what_is_written(
    client_of: ClientOf, dispute: Dispute
) -> None:
    save(client_of("disputes"), dispute, do="prefill", product_description="Our own words")

    evidence = fresh(dispute).evidence
    assert evidence["product_description"] == "Our own words"
    assert evidence["customer_email_address"] == "jane@example.com"


def test_a_file_is_staged_shown_and_removed(client_of: ClientOf, dispute: Dispute) -> None:
    client = client_of("disputes")
    save(client, dispute, receipt=picture())
    file = EvidenceFile.across_merchants.get()
    staged = dict(fresh(dispute).evidence)
    download = client.get(f"{QUEUE}{dispute.pk}/files/receipt/")
    save(client, dispute, remove="receipt")

    assert staged == {"receipt": file.public_id}
    assert file.uploaded_by == "staff:ada"
    assert download.headers["Content-Disposition"] == 'attachment; filename="receipt.png"'
    assert hashlib.sha256(download.content).hexdigest() == file.sha256
    assert fresh(dispute).evidence == {}


def test_the_same_form_sent_twice_keeps_one_file_and_another_file_is_another(
    client_of: ClientOf, dispute: Dispute
) -> None:
    client = client_of("disputes")
    form = client.get(f"{QUEUE}{dispute.pk}/evidence/").context["form"]
    given = {"form_key": form["form_key"].value(), "shown": form["shown"].value()}
    address = f"{QUEUE}{dispute.pk}/evidence/"

    for color in ("white", "white", "black"):
        client.post(address, {**given, "receipt": picture(color)})

    assert EvidenceFile.across_merchants.count() == 2


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"receipt": SimpleUploadedFile("r.pdf", b"MZ not a pdf")}, "The file is no PDF, JPEG or PNG."),
        ({"uncategorized_text": "card 4242424242424242"}, "card number"),
        ({"uncategorized_text": "x" * 20_001}, "at most 20000 characters"),
    ],
)
def test_what_the_network_would_refuse_is_an_error_of_its_field_and_nothing_is_staged(
    changed: dict[str, Any], says: str, client_of: ClientOf, dispute: Dispute
) -> None:
    refused = save(client_of("disputes"), dispute, customer_name="Kept on the page", **changed)

    assert refused.status_code == 422
    assert says in refused.content.decode()
    assert "Kept on the page" in refused.content.decode()
    assert fresh(dispute).evidence == {}
    assert EvidenceFile.across_merchants.count() == 0


def test_a_colleagues_words_are_not_overwritten_unseen(
    merchant: Merchant, client_of: ClientOf, dispute: Dispute
) -> None:
    client = client_of("disputes")
    form = client.get(f"{QUEUE}{dispute.pk}/evidence/").context["form"]
    seen = {"form_key": form["form_key"].value(), "shown": form["shown"].value(), "do": "save"}
    stage_evidence(merchant_id=merchant.id, dispute_id=dispute.id, evidence={"customer_name": "Theirs"})

    refused = client.post(f"{QUEUE}{dispute.pk}/evidence/", {**seen, "customer_name": "Mine"})
    shown = refused.context["form"]["shown"].value()
    again = client.post(f"{QUEUE}{dispute.pk}/evidence/", {**seen, "shown": shown, "customer_name": "Mine"})

    assert refused.status_code == 422
    assert "Theirs" in refused.content.decode()
    assert 'value="Mine"' in refused.content.decode()
    assert again.status_code == 302
    assert fresh(dispute).evidence == {"customer_name": "Mine"}


def test_the_preview_is_the_pack_with_its_hash(
    merchant: Merchant, client_of: ClientOf, dispute: Dispute
) -> None:
    stage_evidence(
        merchant_id=merchant.id, dispute_id=dispute.id, evidence={"uncategorized_text": "We sent it."}
    )
    client = client_of("disputes")

    pack = client.get(f"{QUEUE}{dispute.pk}/pack.pdf")

    digest = hashlib.sha256(pack.content).hexdigest()
    assert pack.content.startswith(b"%PDF-")
    assert pack.headers["X-Pack-SHA256"] == digest
    assert digest in page_of(client, dispute, "evidence/")


def test_evidence_is_submitted_once_for_a_double_click_and_read_only_afterwards(
    merchant: Merchant, client_of: ClientOf, dispute: Dispute
) -> None:
    seen = stage_evidence(
        merchant_id=merchant.id, dispute_id=dispute.id, evidence={"uncategorized_text": "We sent it."}
    )
    client, key = client_of("disputes"), new_id()

    done = [answer(client, seen, "submit", key, is_final="on").status_code for _ in range(2)]

    order = DisputeOrder.across_merchants.get()
    assert done == [302, 302]
    assert (order.id, order.kind, order.requested_by) == (key, "submit", "staff:ada")
    assert Job.objects.filter(name="disputes.execute_order").count() == 1
    shown = page_of(client, dispute, "evidence/")
    assert order.evidence_sha256 in shown
    assert "Ada has submitted the evidence" in shown
    assert "<textarea" not in shown
    assert save_directly(client, dispute).status_code == 409
    assert client.get(f"{QUEUE}{dispute.pk}/pack.pdf?order={order.public_id}").status_code == 200


def save_directly(client: Client, dispute: Dispute) -> Any:
    return client.post(f"{QUEUE}{dispute.pk}/evidence/", {"customer_name": "late"})


@pytest.mark.parametrize("verb", ["submit", "accept"])
def test_an_answer_to_what_has_changed_since_is_refused_with_words_and_leaves_no_trace(
    verb: str, merchant: Merchant, client_of: ClientOf, dispute: Dispute
) -> None:
    seen = stage_evidence(merchant_id=merchant.id, dispute_id=dispute.id, evidence={"customer_name": "Jane"})
    stage_evidence(merchant_id=merchant.id, dispute_id=dispute.id, evidence={"customer_name": "Kim"})

    refused = answer(client_of("disputes"), seen, verb, is_final="on", reason="not worth it")

    assert refused.status_code == 422
    assert "has changed since it was looked at" in refused.content.decode()
    assert nothing_was_ordered()


def test_an_answer_after_a_colleagues_says_who_was_first(
    merchant: Merchant, client_of: ClientOf, dispute: Dispute
) -> None:
    accept_dispute(merchant_id=merchant.id, dispute_id=dispute.id, order_id=new_id())

    refused = answer(client_of("disputes"), fresh(dispute), "accept", reason="not worth it")

    assert refused.status_code == 422
    assert "a dispute is answered once" in refused.content.decode()
    assert DisputeOrder.across_merchants.count() == 1


def test_accepting_names_its_cost_and_leaves_an_order_with_the_reason(
    client_of: ClientOf, dispute: Dispute
) -> None:
    client = client_of("disputes")
    shown = page_of(client, dispute, "accept/")

    done = answer(client, dispute, "accept", reason="The customer is right")

    assert "The fee of 15.00 USD has been paid and is not returned" in shown
    assert "33 %" in shown
    assert done.status_code == 302
    order = DisputeOrder.across_merchants.get()
    assert (order.kind, order.requested_by) == ("accept", "staff:ada")
    assert "Accepting is on its way" in page_of(client, dispute)
    change = dispute.history.latest()
    assert change.history_change_reason == "The customer is right"


def test_once_the_psp_has_it_the_loss_and_its_entry_are_on_the_page(
    merchant: Merchant, client_of: ClientOf, dispute: Dispute
) -> None:
    client = client_of("disputes")
    answer(client, dispute, "accept", reason="The customer is right")
    order = DisputeOrder.across_merchants.get()
    yes = Succeeded(psp_reference=dispute.psp_reference, amount=dispute.amount)
    record_order_outcome(merchant_id=merchant.id, order_id=order.id, outcome=yes)

    shown = page_of(client, dispute)

    assert "Lost: accepted" in shown
    assert "expenses/dispute_losses" in shown
    assert f"{QUEUE}{dispute.pk}/accept/" not in shown


def test_after_the_deadline_no_button_answers(merchant: Merchant, client_of: ClientOf) -> None:
    late = open_dispute(merchant, days=0, opened_at=clock.now())
    client = client_of("disputes")

    shown = page_of(client, late)

    assert f"{QUEUE}{late.pk}/accept/" not in shown
    assert "The time to answer is over." in shown
    assert answer(client, late, "accept", reason="late").status_code == 422
    assert nothing_was_ordered()


def test_a_note_is_kept_once_with_its_writer_and_assigning_is_told(
    client_of: ClientOf, dispute: Dispute
) -> None:
    client, key = client_of("disputes"), new_id()
    for _ in range(2):
        client.post(f"{QUEUE}{dispute.pk}/note/", {"form_key": key, "text": "Called the courier"})
    client.post(f"{QUEUE}{dispute.pk}/take/", {"form_key": new_id()})

    assert DisputeNote.across_merchants.get().written_by == "staff:ada"
    assert fresh(dispute).assigned_to == "ada"
    shown = page_of(client, dispute)
    assert "Called the courier" in shown
    assert "Given to ada" in shown


def test_only_colleagues_who_answer_disputes_can_be_given_one(client_of: ClientOf, dispute: Dispute) -> None:
    client_of("agent", "bob")
    client = client_of("disputes")

    refused = client.post(f"{QUEUE}{dispute.pk}/assign/", {"form_key": new_id(), "to": "bob"})
    done = client.post(f"{QUEUE}{dispute.pk}/assign/", {"form_key": new_id(), "to": "ada"})

    assert (refused.status_code, done.status_code) == (422, 302)
    assert fresh(dispute).assigned_to == "ada"


@pytest.mark.parametrize("role", ["agent", "auditor", "finance"])
def test_who_is_no_disputes_agent_reads_and_does_not_answer(
    role: str, client_of: ClientOf, dispute: Dispute
) -> None:
    client = client_of(role)

    refused = [
        answer(client, dispute, verb, is_final="on", reason="x").status_code
        for verb in ("submit", "accept", "take")
    ]

    assert refused == [403, 403, 403]
    assert save_directly(client, dispute).status_code == 403
    assert "<textarea" not in page_of(client, dispute, "evidence/")
    assert fresh(dispute).version == dispute.version
    assert nothing_was_ordered()
