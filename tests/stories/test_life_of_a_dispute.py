"""Whole lives of disputes over the real flow: a card at the PSP, its webhooks, our API, the ledger, the PSP's books."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from disputes.models import Dispute, DisputeOrder, DisputePolicy, FraudWarning
from disputes.operations.submit_evidence import submit_evidence
from disputes.queries.packing import read_pack
from foundation.ids import new_id
from payments.errors import ChargeDisputed
from payments.models import PspCall, PspWebhook, Refund, RefundStatus
from tests.factories.books import assert_disputes_agree, assert_psp_owes_what_we_say
from tests.factories.dispute_desk import Desk, pdf
from tests.factories.dispute_news import figures
from tests.factories.later import DAY_SECONDS
from tests.factories.shop import Shop

BURST = 200


@pytest.fixture
def desk(shop: Shop) -> Iterator[Desk]:
    """In the end the PSP's books are the ledger, to the cent and movement by movement."""
    desk = Desk(shop)
    yield desk
    # Whatever was still to be decided, so that nothing moves while the books are compared.
    desk.time_passes()
    assert_disputes_agree(shop)
    assert_psp_owes_what_we_say(shop)
    assert shop.cases() == []


def test_opened_answered_with_a_file_and_won(shop: Shop, desk: Desk) -> None:
    intent = desk.sells("createDispute")
    dispute = desk.dispute_of(intent).public_id
    with pytest.raises(ChargeDisputed):
        shop.gives_back(intent)

    sent = desk.submits(dispute, "winning_evidence", receipt=desk.uploads())

    assert (sent["status"], sent["evidence_details"]["submission_count"]) == ("under_review", 1)
    file = shop.psp.sandbox.books.find("files", shop.psp.key, desk.at_psp(dispute)["evidence"]["receipt"])
    assert file is not None
    assert file.body["size"] == len(pdf())
    desk.time_passes()
    assert desk.shown(dispute)["status"] == "won"
    assert figures(shop) == {"clearing": 1_000 - 59 - 1_500, "fees": 1_500}
    assert shop.gives_back(intent).status == RefundStatus.SUCCEEDED


def test_the_pack_that_was_looked_at_is_the_file_that_the_psp_has(shop: Shop, desk: Desk) -> None:
    row = desk.dispute_of(desk.sells("createDispute"))
    texts = {"evidence[uncategorized_text]": "Our words."}
    desk.api.post_form(f"/v1/disputes/{row.public_id}", texts, submit="false")
    row = Dispute.objects.for_merchant(shop.id).get()
    looked_at = read_pack(row, row.evidence)

    order = submit_evidence(
        merchant_id=shop.id,
        dispute_id=row.id,
        order_id=new_id(),
        expected_version=row.version,
        expected_pack_sha256=looked_at.sha256,
    )
    desk.works()

    assert order.pack is not None
    assert (bytes(order.pack.content), order.pack.sha256) == (looked_at.content, looked_at.sha256)
    assert _pack_at_psp(shop, desk, row.public_id) == looked_at.content


def test_a_file_of_our_own_in_the_packs_place_goes_instead_of_it(shop: Shop, desk: Desk) -> None:
    dispute = desk.dispute_of(desk.sells("createDispute")).public_id

    desk.submits(dispute, "Our words.", uncategorized_file=desk.uploads())

    assert _order(shop).pack is None
    assert _pack_at_psp(shop, desk, dispute) == pdf()


def test_mastercard_gets_nineteen_pages_and_no_pack_beyond_them(shop: Shop, desk: Desk) -> None:
    dispute = desk.is_disputed(reason="fraudulent")[1]
    Dispute.objects.for_merchant(shop.id).update(network="mastercard")

    desk.submits(dispute, "Our words.", receipt=desk.uploads(pdf(pages=19)))

    sent = desk.at_psp(dispute)["evidence"]
    assert (sent["receipt"] is not None, sent["uncategorized_file"]) == (True, None)
    assert _order(shop).pack is None


def _pack_at_psp(shop: Shop, desk: Desk, dispute: str) -> bytes:
    """The bytes that the PSP hands out for the field that the pack goes in."""
    file = desk.at_psp(dispute)["evidence"]["uncategorized_file"]
    answer = requests.get(
        f"{shop.psp.base_url}/v1/files/{file}/contents",
        headers={"Authorization": f"Bearer {shop.psp.key}"},
        timeout=5,
    )
    answer.raise_for_status()
    assert answer.headers["Content-Type"] == "application/pdf"
    return answer.content


def test_answered_and_lost(shop: Shop, desk: Desk) -> None:
    dispute = desk.dispute_of(desk.sells("createDisputeProductNotReceived")).public_id

    desk.submits(dispute, "losing_evidence")
    desk.time_passes()

    shown = desk.shown(dispute)
    assert (shown["status"], shown["reason"]) == ("lost", "product_not_received")
    assert figures(shop)["losses"] == 1_000
    assert shop.events()[-2:] == ["charge.dispute.updated", "charge.dispute.closed"]


def test_accepted(shop: Shop, desk: Desk) -> None:
    dispute = desk.dispute_of(desk.sells("createDispute")).public_id

    accepted = desk.accepts(dispute)
    desk.time_passes()

    assert accepted["status"] == "lost"
    assert desk.at_psp(dispute)["status"] == "lost"
    assert Dispute.objects.for_merchant(shop.id).get().closed_by == "accepted"
    assert shop.events().count("charge.dispute.closed") == 1
    refused = desk.api.post(f"/v1/disputes/{dispute}/close")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "dispute_already_answered")


def test_nobody_answers_and_it_expires(shop: Shop, desk: Desk) -> None:
    dispute = desk.dispute_of(desk.sells("createDispute")).public_id

    desk.time_passes(20 * DAY_SECONDS)

    assert desk.shown(dispute)["status"] == "lost"
    assert figures(shop)["losses"] == 1_000


def test_lost_and_won_late_and_charged_back_again(shop: Shop, desk: Desk) -> None:
    _, dispute = desk.is_disputed()
    reference = desk.at_psp(dispute)["id"]
    shop.psp.decides(reference, "lost")
    desk.hears()
    assert figures(shop)["losses"] == 1_000

    shop.psp.decides(reference, "won")
    desk.hears()
    assert (desk.shown(dispute)["status"], "losses" in figures(shop)) == ("won", False)

    shop.psp.decides(reference, "second_chargeback")
    desk.hears()
    again = Dispute.objects.for_merchant(shop.id).get()
    assert (again.status, again.stage) == ("needs_response", "second_chargeback")
    desk.submits(dispute, "losing_evidence")
    desk.time_passes()
    assert figures(shop) == {"clearing": 1_000 - 59 - 2_500, "losses": 1_000, "fees": 1_500}


@pytest.mark.parametrize(
    ("text", "status", "disputed"),
    [("winning_evidence", "warning_closed", 0), ("escalate_inquiry_evidence", "needs_response", 1_000)],
)
def test_inquiry_is_closed_without_a_cent_or_escalates(
    shop: Shop, desk: Desk, text: str, status: str, disputed: int
) -> None:
    dispute = desk.dispute_of(desk.sells("createDisputeInquiry")).public_id
    assert figures(shop).get("disputed", 0) == 0

    assert desk.submits(dispute, text)["status"] == "warning_under_review"
    desk.time_passes()

    assert desk.shown(dispute)["status"] == status
    assert figures(shop).get("disputed", 0) == disputed


def test_refund_of_a_charge_that_is_only_asked_about_closes_the_inquiry(shop: Shop, desk: Desk) -> None:
    intent = desk.sells("createDisputeInquiry")

    refund = shop.gives_back(intent)
    desk.hears()

    assert refund.status == RefundStatus.SUCCEEDED
    assert desk.dispute_of(intent).status == "warning_closed"


@pytest.mark.parametrize(("amount", "refunds"), [(2_025, 1), (2_026, 0)])
def test_early_fraud_warning_is_refunded_where_that_costs_less(
    shop: Shop, desk: Desk, amount: int, refunds: int
) -> None:
    DisputePolicy.objects.for_merchant(shop.id).create(
        merchant_id=shop.id, currency="usd", dispute_fee_minor=1_500, refunds_fraud_warnings=True
    )

    desk.sells("createIssuerFraudRecord", amount)

    assert Refund.objects.for_merchant(shop.id).count() == refunds
    assert shop.psp.refunds() == refunds
    desk.hears()
    assert FraudWarning.objects.for_merchant(shop.id).get().is_actionable is not bool(refunds)


def test_case_g11_prevented_is_a_refund_without_a_fee(shop: Shop, desk: Desk) -> None:
    intent = desk.sells("sandbox_rapid_resolution")

    assert desk.dispute_of(intent).status == "prevented"
    assert figures(shop) == {"clearing": -59, "refunds": 1_000}


def test_charge_is_disputed_in_two_parts(shop: Shop, desk: Desk) -> None:
    desk.sells("createMultipleDisputes", 1_001)

    parts = Dispute.objects.for_merchant(shop.id).order_by("amount_minor")
    assert [part.amount_minor for part in parts] == [500, 501]
    desk.accepts(parts[0].public_id)
    desk.submits(parts[1].public_id, "winning_evidence")
    desk.time_passes()
    assert figures(shop) == {"clearing": 1_001 - 59 - 500 - 3_000, "losses": 500, "fees": 3_000}


def test_contesting_costs_a_fee_that_the_win_gives_back(shop: Shop, desk: Desk) -> None:
    _, dispute = desk.is_disputed(counter_fee=700)

    desk.submits(dispute, "winning_evidence")
    desk.hears()
    assert figures(shop)["fees"] == 2_200
    desk.time_passes()

    assert figures(shop)["fees"] == 1_500


def test_part_refunded_before_comes_back_although_lost(shop: Shop, desk: Desk) -> None:
    """G7."""
    intent = shop.pays(1_000)
    shop.gives_back(intent, 300)
    opened = shop.psp.disputes(desk.reference_of(intent))
    shop.psp.decides(opened["id"], "lost")

    desk.hears()

    assert figures(shop)["losses"] == 700


def test_news_twice_and_backwards_leaves_the_same_figures(shop: Shop, desk: Desk) -> None:
    intent = shop.pays(1_000)
    opened = shop.psp.disputes(desk.reference_of(intent), counter_fee=700)
    shop.psp.decides(opened["id"], "won")
    shop.psp.decides(opened["id"], "second_chargeback")
    shop.psp.decides(opened["id"], "lost")
    news = desk.news()

    for event in (*reversed(news), *reversed(news)):
        desk.hears([event])

    dispute = desk.dispute_of(intent)
    assert (dispute.status, dispute.stage) == ("lost", "second_chargeback")
    assert figures(shop) == {"clearing": 1_000 - 59 - 2_500, "losses": 1_000, "fees": 1_500}


# --- Doubt and death


@pytest.mark.parametrize("answer", ["Our words.", ""])
def test_submission_or_acceptance_in_doubt_is_resolved_by_asking(shop: Shop, desk: Desk, answer: str) -> None:
    dispute = desk.dispute_of(desk.sells("createDispute")).public_id
    operation = "submit_evidence" if answer else "accept_dispute"
    shop.psp.fails("error_after_booking", operation=operation)

    given = desk.submits(dispute, answer) if answer else desk.accepts(dispute)
    assert given["status"] == "needs_response"
    assert _order(shop).status == "unknown"

    desk.looks_after(120)

    assert _order(shop).status == "succeeded"
    assert desk.shown(dispute)["status"] == ("under_review" if answer else "lost")
    assert len(_submissions(shop)) == 1
    desk.time_passes()


def test_submission_that_never_arrived_is_sent_again_after_the_report_delay(shop: Shop, desk: Desk) -> None:
    dispute = desk.dispute_of(desk.sells("createDispute")).public_id
    shop.psp.fails("reset_before_booking", operation="submit_evidence")
    desk.submits(dispute, "winning_evidence", receipt=desk.uploads())

    for seconds in (120, 1_000, 4_000, 8_000):
        desk.looks_after(seconds)

    assert _order(shop).status == "succeeded"
    assert desk.at_psp(dispute)["evidence_details"]["submission_count"] == 1
    # Sent again, it was, some hours from now.
    desk.time_passes(3 * 3_600)
    assert desk.shown(dispute)["status"] == "won"


def test_process_that_dies_between_order_and_call_leaves_the_order_to_the_workers(
    shop: Shop, desk: Desk
) -> None:
    row = desk.dispute_of(desk.sells("createDispute"))
    desk.api.post_form(
        f"/v1/disputes/{row.public_id}", {"evidence[service_date]": "2026-11-20"}, submit="false"
    )

    submit_evidence(merchant_id=shop.id, dispute_id=row.id, order_id=new_id())
    desk.works()

    assert desk.at_psp(row.public_id)["status"] == "under_review"
    assert _order(shop).status == "succeeded"


def test_process_that_dies_between_call_and_outcome_leaves_the_order_to_the_sweep(
    shop: Shop, desk: Desk
) -> None:
    """The PSP has the evidence; the row says only that it was about to be sent."""
    row = desk.dispute_of(desk.sells("createDispute"))
    desk.submits(row.public_id, "Our words.")
    _forget_outcome(shop, row)

    desk.looks_after(120)

    assert _order(shop).status == "succeeded"
    assert desk.shown(row.public_id)["status"] == "under_review"
    assert desk.at_psp(row.public_id)["evidence_details"]["submission_count"] == 1


# --- Many


def test_200_disputes_in_a_burst_are_all_there(shop: Shop, desk: Desk) -> None:
    references = [desk.reference_of(shop.pays(1_000)) for _ in range(10)]
    for number in range(BURST):
        shop.psp.disputes(references[number % len(references)], amount=1 + number // len(references))
    news = _all_events(shop)
    assert len(news) == 2 * BURST

    desk.hears(news)

    assert PspWebhook.objects.for_merchant(shop.id).filter(handled_at__isnull=True).count() == 0
    assert Dispute.objects.for_merchant(shop.id).count() == BURST
    assert shop.events().count("charge.dispute.created") == BURST


def _all_events(shop: Shop) -> list[dict[str, Any]]:
    """More than a page of them, oldest first."""
    rows = shop.psp.sandbox.books.rows(
        "SELECT body FROM events WHERE account = ? AND type GLOB 'charge.dispute.*' ORDER BY seq",
        (shop.psp.key,),
    )
    return [json.loads(body) for (body,) in rows]


def _order(shop: Shop) -> DisputeOrder:
    return DisputeOrder.objects.for_merchant(shop.id).get()


def _submissions(shop: Shop) -> list[str]:
    rows = PspCall.objects.for_merchant(shop.id).filter(
        operation__in=["submit_dispute_evidence", "accept_dispute"]
    )
    return list(rows.values_list("psp_key", flat=True))


def _forget_outcome(shop: Shop, row: Dispute) -> None:
    """As the rows stand when the process dies with the PSP's answer in its hands."""
    order = _order(shop)
    assert order.submitted_at is not None
    DisputeOrder.objects.for_merchant(shop.id).filter(pk=order.id).update(
        status="submitting", decided_at=None, next_check_at=order.submitted_at + timedelta(seconds=60)
    )
    Dispute.objects.for_merchant(shop.id).filter(pk=row.id).update(
        status="needs_response", submission_count=0
    )
