"""The official Python SDK finds a dispute, uploads a file, submits evidence and accepts; webhooks of Stripe's names."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
import stripe

from foundation.events.handling import HANDLERS
from foundation.events.inline import dispatch_events
from foundation.jobs.inline import run_due_jobs
from payments.models import PaymentIntent
from tests.factories.dispute_desk import pdf
from tests.factories.shop import Shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def disputed(shop: Shop, psp_tells_us: Callable[[str], None]) -> PaymentIntent:
    """A payment that the cardholder disputes, as the PSP's own webhooks told us."""
    intent = shop.pays(1_000)
    shop.psp.disputes(shop.attempt(intent).psp_reference)
    psp_tells_us("charge.dispute.created")
    psp_tells_us("charge.dispute.funds_withdrawn")
    dispatch_events([HANDLERS])
    run_due_jobs()
    return intent


def test_a_dispute_is_found_answered_with_a_file_and_won(
    sdk: stripe.StripeClient,
    shop: Shop,
    disputed: PaymentIntent,
    psp_tells_us: Callable[[str], None],
) -> None:
    (dispute,) = sdk.v1.disputes.list().data
    assert (dispute.status, dispute.amount, dispute.reason) == ("needs_response", 1_000, "fraudulent")
    content = io.BytesIO(pdf())
    content.name = "receipt.pdf"  # type: ignore[attr-defined]

    file = sdk.v1.files.create({"purpose": "dispute_evidence", "file": content})
    staged = sdk.v1.disputes.update(
        dispute.id, {"evidence": {"customer_name": "Ada", "receipt": file.id}, "submit": False}
    )
    sent = sdk.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}})

    assert (file.type, file.filename) == ("pdf", "receipt.pdf")
    assert (staged.status, staged.evidence.receipt) == ("needs_response", file.id)
    assert (sent.status, sent.evidence_details.submission_count) == ("under_review", 1)
    shop.psp.time_passes(seconds=6)
    psp_tells_us("charge.dispute.closed")
    dispatch_events([HANDLERS])
    run_due_jobs()
    won = sdk.v1.disputes.retrieve(dispute.id)
    assert won.status == "won"
    assert [row.net for row in won.balance_transactions] == [-2_500, 1_000]
    assert sdk.v1.files.retrieve(file.id).size == len(pdf())
    types = [event.type for event in sdk.v1.events.list({"limit": 100})]
    assert types.count("charge.dispute.created") == types.count("charge.dispute.closed") == 1
    assert not any(type_.startswith("psp.") for type_ in types)


def test_a_dispute_is_accepted_once_and_the_charge_is_not_refunded(
    sdk: stripe.StripeClient, shop: Shop, disputed: PaymentIntent
) -> None:
    (dispute,) = sdk.v1.disputes.list().data

    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.refunds.create({"charge": str(dispute.charge)})
    closed = sdk.v1.disputes.close(dispute.id)
    with pytest.raises(stripe.StripeError) as again:
        sdk.v1.disputes.close(dispute.id)

    assert refused.value.code == "charge_disputed"
    assert closed.status == "lost"
    # The SDK has no code for a conflict, only the body.
    assert again.value.json_body["error"]["code"] == "dispute_already_answered"
    assert shop.psp.books()["usd"]["disputes_lost_count"] == 1
