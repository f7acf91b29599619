"""/v1/disputes: Stripe's shape in every state, evidence staged and sent once, acceptance, refusals without a trace."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from disputes.models import Dispute, DisputeOrder
from foundation import clock
from foundation.ids import encode_id, new_id
from foundation.tenancy.operations import create_api_key
from payments.models import PspCall
from tests.factories.dispute_desk import Desk
from tests.factories.shop import Shop
from tests.payments.api.conftest import CheckedCaller

DAY = 86_400


def test_dispute_is_shown_in_stripes_shape_with_our_ids(shop: Shop, desk: Desk) -> None:
    intent, dispute = desk.is_disputed(reason="product_not_received")

    shown = desk.shown(dispute)

    assert (shown["id"], shown["object"], shown["status"]) == (dispute, "dispute", "needs_response")
    assert (shown["amount"], shown["currency"]) == (1_000, "usd")
    assert shown["charge"] == shop.attempt(intent).public_id
    assert shown["payment_intent"] == intent.public_id
    assert (shown["reason"], shown["network_reason_code"]) == ("product_not_received", "13.1")
    (movement,) = shown["balance_transactions"]
    assert (movement["amount"], movement["fee"], movement["net"]) == (-1_000, 1_500, -2_500)
    assert shown["evidence_details"]["due_by"] == desk.at_psp(dispute)["evidence_details"]["due_by"]


def test_every_state_is_in_stripes_shape(desk: Desk, api: CheckedCaller) -> None:
    """The caller checks each answer against Stripe's schema."""
    _, won = desk.is_disputed(counter_fee=700)
    desk.submits(won, "winning_evidence")
    _, lost = desk.is_disputed()
    desk.accepts(lost)
    desk.is_disputed(prevented=True)
    desk.is_disputed(stage="inquiry")
    _, reviewed = desk.is_disputed(reason="duplicate")
    desk.submits(reviewed, "Two orders, two receipts.")
    desk.time_passes()

    rows = api.get("/v1/disputes?limit=100").json()["data"]

    assert sorted(row["status"] for row in rows) == [
        "lost",
        "prevented",
        "under_review",
        "warning_needs_response",
        "won",
    ]


def test_list_is_by_charge_by_payment_and_in_pages(shop: Shop, desk: Desk, api: CheckedCaller) -> None:
    first_paid, first = desk.is_disputed()
    second_paid, second = desk.is_disputed()

    def listed(query: str) -> list[str]:
        return [row["id"] for row in api.get(f"/v1/disputes?{query}").json()["data"]]

    assert listed("") == [second, first]
    assert listed("limit=1") == [second]
    assert listed(f"starting_after={second}") == [first]
    assert listed(f"charge={shop.attempt(first_paid).public_id}") == [first]
    assert listed(f"payment_intent={second_paid.public_id}") == [second]
    assert listed("created[gt]=9999999999") == []


def test_evidence_is_staged_field_by_field_and_unset_by_an_empty_text(desk: Desk, api: CheckedCaller) -> None:
    _, dispute = desk.is_disputed()
    path, staged = f"/v1/disputes/{dispute}", {"submit": "false"}

    api.post_form(path, {"evidence[customer_name]": "Ada", "evidence[service_date]": "2026-11-20", **staged})
    shown = api.post_form(path, {"evidence[customer_name]": "", **staged})

    assert (shown["evidence"]["customer_name"], shown["evidence"]["service_date"]) == (None, "2026-11-20")
    assert shown["evidence_details"]["has_evidence"] is True
    assert (shown["status"], desk.at_psp(dispute)["evidence_details"]["has_evidence"]) == (
        "needs_response",
        False,
    )


def test_evidence_without_a_word_about_submitting_is_submitted(desk: Desk, api: CheckedCaller) -> None:
    _, dispute = desk.is_disputed()

    shown = api.post_form(f"/v1/disputes/{dispute}", {"evidence[customer_name]": "Ada"})

    assert (shown["status"], shown["evidence_details"]["submission_count"]) == ("under_review", 1)
    assert desk.at_psp(dispute)["evidence"]["customer_name"] == "Ada"


def test_metadata_alone_submits_nothing(desk: Desk, api: CheckedCaller) -> None:
    _, dispute = desk.is_disputed()

    shown = api.post_form(f"/v1/disputes/{dispute}", {"metadata[ticket]": "7"})

    assert (shown["metadata"], shown["status"]) == ({"ticket": "7"}, "needs_response")


@pytest.mark.parametrize("verb", ["submit", "close"])
def test_same_key_twice_is_one_answer_to_the_psp(
    shop: Shop, desk: Desk, api: CheckedCaller, verb: str
) -> None:
    _, dispute = desk.is_disputed()
    path = f"/v1/disputes/{dispute}" + ("/close" if verb == "close" else "")
    body = "" if verb == "close" else "evidence[customer_name]=Ada"

    first, again = (api.post(path, body, key="once") for _ in range(2))

    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert DisputeOrder.objects.for_merchant(shop.id).count() == 1
    operation = "accept_dispute" if verb == "close" else "submit_dispute_evidence"
    assert PspCall.objects.for_merchant(shop.id).filter(operation=operation).count() == 1


def _accepted(desk: Desk, dispute: str) -> None:
    desk.accepts(dispute)


def _submitted(desk: Desk, dispute: str) -> None:
    desk.submits(dispute, "Our words.")


def _expired(desk: Desk, dispute: str) -> None:
    desk.time_passes(20 * DAY)


@pytest.mark.parametrize(
    ("before", "path", "body", "status", "code"),
    [
        (None, "", "submit=true", 400, "dispute_evidence_missing"),
        (None, "", "evidence[uncategorized_text]=" + "x" * 20_001, 400, ""),
        (None, "", "evidence[surprise]=1", 400, "parameter_unknown"),
        (None, "", "evidence[receipt]=file_00000000000000000000AB", 404, "resource_missing"),
        (_accepted, "", "evidence[customer_name]=Ada", 400, "dispute_unexpected_state"),
        (_accepted, "/close", "", 409, "dispute_already_answered"),
        (_submitted, "", "evidence[customer_name]=Ada", 400, "dispute_unexpected_state"),
        (_submitted, "/close", "", 409, "dispute_already_answered"),
        (_expired, "/close", "", 400, "dispute_unexpected_state"),
        (_expired, "", "evidence[customer_name]=Ada", 400, "dispute_unexpected_state"),
    ],
    ids=[
        "nothing to submit",
        "a text too long",
        "an unknown field",
        "a file nobody has",
        "evidence after acceptance",
        "acceptance twice",
        "evidence twice",
        "acceptance after evidence",
        "acceptance of what is lost",
        "evidence for what is lost",
    ],
)
def test_refusal_leaves_no_trace(
    shop: Shop, desk: Desk, api: CheckedCaller, before: Any, path: str, body: str, status: int, code: str
) -> None:
    _, dispute = desk.is_disputed()
    if before:
        before(desk, dispute)
    stood = _stood(shop)

    answer = api.post(f"/v1/disputes/{dispute}{path}", body)

    assert answer.status_code == status, answer.content
    assert not code or answer.json()["error"]["code"] == code
    assert _stood(shop) == stood


def test_answer_after_the_deadline_is_refused_before_the_psp_hears_of_it(
    shop: Shop, desk: Desk, api: CheckedCaller
) -> None:
    """The PSP has not said yet that it is lost."""
    _, dispute = desk.is_disputed()
    # The deadline is moved, not the clock: the sandbox would age as well, and decide by itself.
    past = clock.now() - timedelta(seconds=1)
    Dispute.objects.for_merchant(shop.id).update(evidence_due_at=past)
    stood = _stood(shop)

    answer = api.post(f"/v1/disputes/{dispute}/close")

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "dispute_deadline_passed")
    assert _stood(shop) == stood


def test_dispute_nobody_has_is_missing(desk: Desk, api: CheckedCaller) -> None:
    absent = encode_id("dp", new_id())

    answers = [
        api.get(f"/v1/disputes/{absent}"),
        api.post(f"/v1/disputes/{absent}", "submit=true"),
        api.post(f"/v1/disputes/{absent}/close"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 3


def test_key_that_may_only_read_answers_nothing(shop: Shop, desk: Desk) -> None:
    _, dispute = desk.is_disputed()
    reader = CheckedCaller(create_api_key(merchant_id=shop.id, scopes={"disputes": "read"}).secret)
    stood = _stood(shop)

    assert reader.get(f"/v1/disputes/{dispute}").status_code == 200
    assert reader.post(f"/v1/disputes/{dispute}/close").status_code == 403
    assert reader.post(f"/v1/disputes/{dispute}", "submit=true").status_code == 403
    assert _stood(shop) == stood


def _stood(shop: Shop) -> dict[str, Any]:
    rows = Dispute.objects.for_merchant(shop.id).values_list("status", "version", "evidence")
    return {
        **shop.footprint(),
        "disputes": list(rows),
        "orders": DisputeOrder.objects.for_merchant(shop.id).count(),
        "calls": PspCall.objects.for_merchant(shop.id).count(),
    }
