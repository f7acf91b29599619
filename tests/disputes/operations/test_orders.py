"""Answers to a dispute: promised once, sent once, their outcome recorded by one door."""

from __future__ import annotations

import pytest

from disputes.errors import (
    DisputeAnswered,
    DisputeChanged,
    DisputeDeadlinePassed,
    DisputeUnexpectedState,
    EvidenceMissing,
    EvidenceTooLarge,
)
from disputes.models import Dispute, DisputeOrder
from disputes.operations.accept_dispute import accept_dispute
from disputes.operations.execute_order import execute_order
from disputes.operations.record_order_outcome import record_order_outcome
from disputes.operations.stage_evidence import stage_evidence
from disputes.operations.submit_evidence import submit_evidence
from foundation.errors import DomainError
from foundation.ids import new_id
from foundation.money import Money
from payments.psp.outcomes import Declined, NotSent, Succeeded, Unknown
from tests.factories.dispute_news import Claim, figures
from tests.factories.later import later
from tests.factories.shop import Shop

YES = Succeeded(psp_reference="du_1", amount=Money(1_000, "usd"))


@pytest.fixture
def claim(shop: Shop) -> Claim:
    return Claim(shop, shop.pays(1_000))


@pytest.fixture
def dispute(claim: Claim) -> Dispute:
    return claim.hears(claim.takes().says("needs_response"))


def _staged(dispute: Dispute) -> Dispute:
    return stage_evidence(
        merchant_id=dispute.merchant_id,
        dispute_id=dispute.id,
        evidence={"uncategorized_text": "winning_evidence"},
    )


def _fresh(dispute: Dispute) -> Dispute:
    return Dispute.objects.for_merchant(dispute.merchant_id).get(pk=dispute.pk)


def _accept(dispute: Dispute, **fields: object) -> DisputeOrder:
    return accept_dispute(
        merchant_id=dispute.merchant_id, dispute_id=dispute.id, **{"order_id": new_id(), **fields}
    )


def _submit(dispute: Dispute, **fields: object) -> DisputeOrder:
    return submit_evidence(
        merchant_id=dispute.merchant_id, dispute_id=dispute.id, **{"order_id": new_id(), **fields}
    )


def test_accepted_is_lost_without_cash_once_the_psp_has_it(shop: Shop, dispute: Dispute) -> None:
    before = figures(shop)["clearing"]
    order = _accept(dispute)
    assert _fresh(dispute).status == "needs_response"

    record_order_outcome(merchant_id=shop.id, order_id=order.id, outcome=YES)

    lost = _fresh(dispute)
    assert (lost.status, lost.closed_by) == ("lost", "accepted")
    assert figures(shop) == {"clearing": before, "losses": 1_000, "fees": 1_500}
    assert shop.events()[-2:] == ["charge.dispute.updated", "charge.dispute.closed"]


def test_submitted_is_under_review_with_an_immutable_copy(shop: Shop, dispute: Dispute) -> None:
    order = _submit(_staged(dispute))

    record_order_outcome(merchant_id=shop.id, order_id=order.id, outcome=YES)

    assert _fresh(dispute).status == "under_review"
    assert order.evidence == {"uncategorized_text": "winning_evidence"}
    assert len(order.evidence_sha256) == 64
    with pytest.raises(DomainError):
        stage_evidence(merchant_id=shop.id, dispute_id=dispute.id, evidence={"receipt": None})


def test_same_order_id_twice_is_one_order(shop: Shop, dispute: Dispute) -> None:
    order_id = new_id()
    first = _accept(dispute, order_id=order_id)
    footprint = shop.footprint()

    second = _accept(dispute, order_id=order_id)

    assert second.id == first.id
    assert shop.footprint() == footprint


@pytest.mark.parametrize(
    ("prepare", "act", "refusal"),
    [
        ("", _submit, EvidenceMissing),
        ("accepted", _accept, DisputeAnswered),
        ("accepted", _submit, DisputeAnswered),
        ("lost", _accept, DisputeUnexpectedState),
        ("late", _accept, DisputeDeadlinePassed),
        ("changed", _accept, DisputeChanged),
    ],
)
def test_refused_answer_leaves_no_trace(
    shop: Shop, claim: Claim, dispute: Dispute, prepare: str, act, refusal: type[DomainError]
) -> None:  # type: ignore[no-untyped-def]
    if prepare == "accepted":
        _staged(dispute)
        _accept(dispute)
    if prepare == "lost":
        claim.hears(claim.says("lost"))
    fields = {"expected_version": 0} if prepare == "changed" else {}
    orders, footprint, stood = (
        DisputeOrder.objects.for_merchant(shop.id).count(),
        shop.footprint(),
        _fresh(dispute),
    )

    with later(19 * 86_400 if prepare == "late" else 0), pytest.raises(refusal):
        act(dispute, **fields)

    assert DisputeOrder.objects.for_merchant(shop.id).count() == orders
    assert shop.footprint() == footprint
    assert _fresh(dispute).version == stood.version


@pytest.mark.parametrize(
    ("outcome", "status"),
    [(NotSent(reason="refused"), "created"), (Unknown(reason="timeout"), "unknown")],
)
def test_outcome_in_doubt_is_looked_at_again_and_nothing_moves(
    shop: Shop, dispute: Dispute, outcome, status: str
) -> None:  # type: ignore[no-untyped-def]
    order = _accept(dispute)
    order.submit()
    order.save()
    before = figures(shop)

    record_order_outcome(merchant_id=shop.id, order_id=order.id, outcome=outcome)

    looked = DisputeOrder.objects.for_merchant(shop.id).get()
    assert looked.status == status
    assert looked.next_check_at is not None
    assert _fresh(dispute).status == "needs_response"
    assert figures(shop) == before


def test_what_was_said_to_an_inquiry_is_never_sent_to_the_chargeback(shop: Shop, claim: Claim) -> None:
    inquiry = claim.hears(claim.says("warning_needs_response", stage="inquiry"))
    order = _submit(_staged(inquiry))
    claim.hears(claim.takes().says("needs_response"))
    calls = shop.footprint()["PspCall"]

    done = execute_order(merchant_id=shop.id, order_id=order.id)

    assert (done.status, done.failure_code, done.submissions) == ("refused", "stage_passed", 0)
    assert shop.footprint()["PspCall"] == calls
    assert (_fresh(inquiry).status, _fresh(inquiry).stage) == ("needs_response", "chargeback")
    assert _submit(_fresh(inquiry)).stage == "chargeback"


def test_order_that_the_psp_refuses_lets_another_be_given(shop: Shop, dispute: Dispute) -> None:
    order = _submit(_staged(dispute))

    record_order_outcome(merchant_id=shop.id, order_id=order.id, outcome=Declined(code="dispute_closed"))

    assert _fresh(dispute).status == "needs_response"
    assert _accept(dispute).id != order.id


@pytest.mark.parametrize(
    ("evidence", "says"),
    [
        ({"uncategorized_text": "x" * 20_001}, "20001 characters"),
        (
            dict.fromkeys(
                (
                    "access_activity_log",
                    "cancellation_rebuttal",
                    "cancellation_policy_disclosure",
                    "duplicate_charge_explanation",
                    "product_description",
                    "refund_policy_disclosure",
                    "refund_refusal_explanation",
                ),
                "x" * 20000,
            )
            | {"uncategorized_text": "x" * 10_001},
            "150001 characters",
        ),
    ],
)
def test_case_g17_texts_beyond_the_limits_are_refused(
    shop: Shop, dispute: Dispute, evidence: dict[str, str], says: str
) -> None:
    footprint = shop.footprint()

    with pytest.raises(EvidenceTooLarge, match=says):
        stage_evidence(merchant_id=shop.id, dispute_id=dispute.id, evidence=evidence)

    assert shop.footprint() == footprint
    assert _fresh(dispute).evidence == {}
