"""Whole lives of disputes at a PSP that tells one step at a time, over the real flow."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator

import pytest
from PIL import Image

from disputes.models import Dispute, DisputeOrder, DisputePolicy
from foundation.ids import new_id
from ledger.queries.verify import verify_books
from payments.errors import ChargeDisputed
from payments.models import PspCall, Refund, RefundStatus
from payments.psp.sandbox.sandbox import Sandbox
from tests.factories.adyen import open_adyen_shop
from tests.factories.adyen_desk import AdyenDesk, assert_adyen_disputes_agree
from tests.factories.dispute_desk import pdf
from tests.factories.dispute_news import figures
from tests.factories.later import DAY_SECONDS
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop

Life = Callable[[AdyenDesk, str], None]


@pytest.fixture
def psp(sandbox: Sandbox) -> Iterator[ScriptedPsp]:
    scripted = ScriptedPsp(sandbox, key=f"AQE{new_id().hex}")
    yield scripted
    scripted.heals()


@pytest.fixture
def shop(db: None, psp: ScriptedPsp) -> Shop:
    return open_adyen_shop(psp)


@pytest.fixture
def desk(shop: Shop) -> Iterator[AdyenDesk]:
    """In the end Adyen's books are the ledger, to the cent and movement by movement."""
    desk = AdyenDesk(shop)
    yield desk
    # Whatever was still to be decided, so that nothing moves while the books are compared.
    desk.time_passes()
    assert_adyen_disputes_agree(shop)
    assert verify_books(shop.id).differences == []
    assert shop.cases() == []


# --- Every path, in any order, more than once


def _defended(text: str) -> Life:
    def live(desk: AdyenDesk, reference: str) -> None:
        desk.somebody_defends(reference, text)
        desk.shop.psp.time_passes(seconds=6)

    return live


def _decided(*verdicts: str) -> Life:
    def live(desk: AdyenDesk, reference: str) -> None:
        for verdict in verdicts:
            desk.shop.psp.decides(reference, verdict)

    return live


def _expired(desk: AdyenDesk, reference: str) -> None:
    desk.shop.psp.time_passes(seconds=20 * DAY_SECONDS)


LOST, BACK = {"losses": 1_000}, {"clearing": 1_000}
LIVES: dict[str, tuple[str, Life, tuple[str, str], dict[str, int]]] = {
    "opened": ("chargeback", _decided(), ("needs_response", "chargeback"), {"disputed": 1_000}),
    "defended": ("chargeback", _defended("Ours."), ("under_review", "chargeback"), {"disputed": 1_000}),
    "defended and won": ("chargeback", _defended("winning_evidence"), ("won", "chargeback"), BACK),
    "defended and lost": ("chargeback", _defended("losing_evidence"), ("lost", "second_chargeback"), LOST),
    "accepted": ("chargeback", AdyenDesk.somebody_accepts, ("lost", "chargeback"), LOST),
    "expired": ("chargeback", _expired, ("lost", "chargeback"), LOST),
    "won late": ("chargeback", _decided("lost", "won"), ("won", "chargeback"), BACK),
    "won and taken again": (
        "chargeback",
        _decided("won", "second_chargeback"),
        ("lost", "second_chargeback"),
        LOST,
    ),
    "pre-arbitration won": (
        "chargeback",
        _decided("won", "prearbitration_won"),
        ("won", "pre_arbitration"),
        BACK,
    ),
    "pre-arbitration lost": (
        "chargeback",
        _decided("won", "prearbitration_lost"),
        ("lost", "pre_arbitration"),
        LOST,
    ),
    "inquiry": ("inquiry", _decided(), ("warning_needs_response", "inquiry"), BACK),
    "inquiry answered": ("inquiry", _defended("Ours."), ("warning_under_review", "inquiry"), BACK),
    "inquiry expired": ("inquiry", _expired, ("warning_closed", "inquiry"), BACK),
    "inquiry escalated": (
        "inquiry",
        _decided("escalate"),
        ("needs_response", "chargeback"),
        {"disputed": 1_000},
    ),
}


@pytest.mark.parametrize("order", ["in order", "backwards", "mixed"])
@pytest.mark.parametrize("life", list(LIVES))
def test_every_life_ends_at_its_figures_whatever_the_order_of_its_news(
    shop: Shop, desk: AdyenDesk, life: str, order: str
) -> None:
    stage, live, (status, ended_in), expected = LIVES[life]
    intent = shop.pays(1_000)
    opened = shop.psp.disputes(desk.reference_of(intent), stage=stage)
    live(desk, opened["id"])
    news = desk.news()
    if order == "backwards":
        news = news[::-1]
    elif order == "mixed":
        random.Random(life).shuffle(news)

    for item in (*news, *news):
        desk.hears([item])

    dispute = desk.dispute_of(intent)
    assert (dispute.status, dispute.stage) == (status, ended_in)
    assert figures(shop) == expected
    assert dispute.reason == ("general" if ended_in == "inquiry" else "fraudulent")


# --- Our answers


def test_answered_with_the_pack_and_a_file_and_won(shop: Shop, desk: AdyenDesk) -> None:
    intent = desk.sells("createDisputeProductNotReceived")
    dispute = desk.dispute_of(intent).public_id
    with pytest.raises(ChargeDisputed):
        shop.gives_back(intent)

    sent = desk.submits(
        dispute, "winning_evidence", shipping_documentation=desk.uploads(), shipping_date="2026-11-02"
    )

    assert (sent["status"], sent["evidence_details"]["submission_count"]) == ("under_review", 1)
    at_psp = desk.at_psp(dispute)
    assert at_psp["defenseReasonCode"] == "MerchandiseReceived"
    documents = at_psp["documents"]
    assert set(documents) == {"DateMerchandiseShipped", "ProofOfGoodsOrServicesProvided"}
    assert documents["ProofOfGoodsOrServicesProvided"]["size"] == len(pdf())
    assert documents["DateMerchandiseShipped"]["size"] > len(pdf())
    desk.time_passes()
    assert desk.shown(dispute)["status"] == "won"
    assert figures(shop) == BACK
    refund = shop.gives_back(intent)
    shop.psp.time_passes(seconds=3)
    desk.hears_of_payments()
    assert shop.fresh(refund).status == RefundStatus.SUCCEEDED


def test_answered_and_lost(shop: Shop, desk: AdyenDesk) -> None:
    dispute = desk.dispute_of(desk.sells("createDispute")).public_id

    desk.submits(dispute, "losing_evidence")
    desk.time_passes()

    assert desk.shown(dispute)["status"] == "lost"
    assert figures(shop) == LOST


def test_accepted_by_us(shop: Shop, desk: AdyenDesk) -> None:
    dispute = desk.dispute_of(desk.sells("createDispute")).public_id

    accepted = desk.accepts(dispute)
    desk.time_passes()

    assert accepted["status"] == "lost"
    assert Dispute.objects.for_merchant(shop.id).get().closed_by == "accepted"
    assert shop.events().count("charge.dispute.closed") == 1
    assert figures(shop) == LOST


def test_charge_is_disputed_in_two_parts(shop: Shop, desk: AdyenDesk) -> None:
    desk.sells("createMultipleDisputes", 1_001)
    parts = Dispute.objects.for_merchant(shop.id).order_by("amount_minor")
    assert [part.amount_minor for part in parts] == [500, 501]

    desk.accepts(parts[0].public_id)
    desk.submits(parts[1].public_id, "winning_evidence")
    desk.time_passes()

    assert figures(shop) == {"clearing": 501, "losses": 500}


def test_refund_under_way_when_the_dispute_lands_is_not_paid_twice(shop: Shop, desk: AdyenDesk) -> None:
    intent = shop.pays(1_000)
    refund = shop.gives_back(intent)
    shop.psp.disputes(desk.reference_of(intent))

    shop.psp.time_passes(seconds=3)
    desk.hears()
    desk.hears_of_payments()

    assert shop.fresh(refund).status == RefundStatus.FAILED
    assert shop.psp.refunds() == 0
    assert figures(shop) == {"disputed": 1_000}


@pytest.mark.parametrize(("amount", "refunds"), [(2_025, 1), (2_026, 0)])
def test_early_fraud_warning_is_refunded_where_that_costs_less(
    shop: Shop, desk: AdyenDesk, amount: int, refunds: int
) -> None:
    DisputePolicy.objects.for_merchant(shop.id).create(
        merchant_id=shop.id, currency="usd", dispute_fee_minor=1_500, refunds_fraud_warnings=True
    )

    desk.sells("createIssuerFraudRecord", amount)
    shop.psp.time_passes(seconds=3)
    desk.hears_of_payments()

    assert Refund.objects.for_merchant(shop.id).count() == refunds
    assert shop.psp.refunds() == refunds


def test_evidence_that_adyen_would_not_take_is_refused_here_and_may_be_given_again(
    shop: Shop, desk: AdyenDesk
) -> None:
    dispute = desk.dispute_of(desk.sells("createDispute")).public_id

    desk.submits(dispute, "winning_evidence", receipt=desk.uploads(_noise(), "receipt.png"))

    order = _order(shop)
    assert (order.status, order.failure_code) == ("refused", "evidence_too_large")
    assert desk.at_psp(dispute)["documents"] == {}
    again = desk.submits(dispute, "winning_evidence", receipt=desk.uploads())
    assert again["status"] == "under_review"


# --- Doubt


@pytest.mark.parametrize("fault", ["error_after_booking", "reset_before_booking", "garbage_after_booking"])
@pytest.mark.parametrize("answer", ["Our words.", ""], ids=["submission", "acceptance"])
def test_answer_in_doubt_is_given_again_under_its_key_and_is_one(
    shop: Shop, desk: AdyenDesk, answer: str, fault: str
) -> None:
    dispute = desk.dispute_of(desk.sells("createDispute")).public_id
    shop.psp.fails(fault, operation="submit_evidence" if answer else "accept_dispute")

    given = desk.submits(dispute, answer) if answer else desk.accepts(dispute)
    assert given["status"] == "needs_response"
    assert _order(shop).status == "unknown"

    desk.looks_after(120)

    assert _order(shop).status == "succeeded"
    assert desk.shown(dispute)["status"] == ("under_review" if answer else "lost")
    assert desk.at_psp(dispute)["submissions"] == bool(answer)
    assert len(_calls(shop)) == 2


def test_answer_whose_key_adyen_forgot_is_proven_by_its_notification(shop: Shop, desk: AdyenDesk) -> None:
    dispute = desk.dispute_of(desk.sells("createDispute")).public_id
    shop.psp.fails("error_after_booking", operation="submit_evidence")
    shop.psp.fails("forget_key", operation="submit_evidence", times=5)
    desk.submits(dispute, "Our words.")

    desk.looks_after(120)
    assert _order(shop).status == "unknown"
    desk.hears()
    desk.looks_after(1_000)

    assert _order(shop).status == "succeeded"
    assert desk.at_psp(dispute)["submissions"] == 1


def test_dispute_that_ended_without_our_answer_ends_the_order_too(shop: Shop, desk: AdyenDesk) -> None:
    dispute = desk.dispute_of(desk.sells("createDispute")).public_id
    shop.psp.fails("reset_before_booking", operation="submit_evidence")
    desk.submits(dispute, "Our words.")
    shop.psp.decides(desk.at_psp(dispute)["id"], "lost")
    desk.hears()

    desk.looks_after(4_000)

    order = _order(shop)
    assert (order.status, order.failure_code) == ("refused", "dispute_closed")
    assert desk.at_psp(dispute)["submissions"] == 0


def _noise() -> bytes:
    """A picture that no packing makes smaller than Adyen's two megabytes."""
    buffer = io.BytesIO()
    Image.frombytes("RGB", (900, 900), random.Random(1).randbytes(900 * 900 * 3)).save(buffer, "PNG")
    return buffer.getvalue()


def _order(shop: Shop) -> DisputeOrder:
    return DisputeOrder.objects.for_merchant(shop.id).order_by("id").get()


def _calls(shop: Shop) -> list[str]:
    rows = PspCall.objects.for_merchant(shop.id).filter(
        operation__in=["submit_dispute_evidence", "accept_dispute"]
    )
    return list(rows.values_list("psp_key", flat=True))
