"""The disputes of a shop's day: some sales are disputed, and the shop answers as a product service would, by API."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence

import stripe
from reportlab.lib.pagesizes import A6
from reportlab.pdfgen.canvas import Canvas

from payments_site.demo.orders import Claim, Order
from payments_site.demo.tally import Tally, patiently

OFTEN_ONE_IN, LATER_ONE_IN = 25, 100
"""In the first orders every course is to be seen; a long day has no more disputes than a shop can bear."""
OFTEN_UNTIL = 200
PATIENCE_SECONDS = 90
ASK_EVERY_SECONDS = 0.5
ANSWERS = {
    "fight and win": "winning_evidence: the parcel was handed over at the door and signed for.",
    "fight and lose": "losing_evidence: the parcel was left with a neighbour.",
    "accept": "",
    "stage": "The courier's proof of delivery is on its way to us.",
    "leave": "",
    "be warned": "",
}
"""What the shop does, with the words that it sends. The sandbox decides by the first of them."""
COURSES = [
    ("pm_card_createDispute", "fight and win"),
    ("pm_card_createDisputeProductNotReceived", "fight and lose"),
    ("pm_card_createDispute", "accept"),
    ("pm_card_createDisputeProductNotReceived", "stage"),
    ("pm_card_createDispute", "leave"),
    ("pm_card_createDisputeInquiry", "leave"),
    ("pm_card_createIssuerFraudRecord", "be warned"),
    ("pm_card_sandbox_rapid_resolution", "leave"),
]
ENDS = {"fight and win": ("won",), "fight and lose": ("lost",), "accept": ("lost",)}


def plan_claims(orders: Sequence[Order]) -> list[Claim]:
    """The same sales on the same course in every run, however many orders follow."""
    disputed = [
        *orders[:OFTEN_UNTIL][OFTEN_ONE_IN // 2 :: OFTEN_ONE_IN],
        *orders[OFTEN_UNTIL:][LATER_ONE_IN // 2 :: LATER_ONE_IN],
    ]
    return [Claim(order.invoice, *COURSES[number % len(COURSES)]) for number, order in enumerate(disputed)]


def answer_claim(client: stripe.StripeClient, claim: Claim, tally: Tally) -> None:
    """Wait until the dispute is here, and do about it what the claim says."""
    if claim.invoice not in tally.payments:
        # Its order was declined for good.
        return
    if claim.answer == "be warned":
        tally.count("early fraud warning")
        return
    dispute = _await(client, claim, tally, lambda found: True)
    if dispute is None:
        return
    tally.count("inquiry" if dispute.status.startswith("warning_") else "disputed")
    # On a second run the answer was given by the first.
    if dispute.status != "needs_response" or claim.answer == "leave":
        return
    options: stripe.RequestOptions = {"idempotency_key": f"dispute:{claim.invoice}"}
    if claim.answer == "accept":
        patiently(lambda: client.v1.disputes.close(dispute.id, {}, options))
        return
    params: stripe.params.DisputeUpdateParams = {
        "evidence": {
            "uncategorized_text": ANSWERS[claim.answer],
            "shipping_carrier": "Royal Mail",
            "shipping_tracking_number": f"RM{claim.invoice}GB",
            "receipt": _upload(client, claim),
        },
        "submit": claim.answer != "stage",
    }
    patiently(lambda: client.v1.disputes.update(dispute.id, params, options))


def await_verdict(client: stripe.StripeClient, claim: Claim, tally: Tally) -> None:
    """Wait until what was answered is decided, and count how every dispute stands."""
    if claim.invoice not in tally.payments or claim.answer == "be warned":
        return
    ends = ENDS.get(claim.answer)
    dispute = _await(client, claim, tally, lambda found: ends is None or found.status in ends)
    if dispute is not None:
        tally.count(f"dispute {dispute.status.replace('_', ' ')}")


def _await(
    client: stripe.StripeClient, claim: Claim, tally: Tally, wanted: Callable[[stripe.Dispute], bool]
) -> stripe.Dispute | None:
    """The dispute of this sale once it is as wanted; a problem and None when it does not become so in time."""
    params: stripe.params.DisputeListParams = {"payment_intent": tally.payments[claim.invoice]}
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends_at:
        found = patiently(lambda: client.v1.disputes.list(params)).data
        if found and wanted(found[0]):
            return found[0]
        time.sleep(ASK_EVERY_SECONDS)
    tally.problem(
        f"{claim.invoice}: after {PATIENCE_SECONDS} s the dispute is not what {claim.answer} leads to"
    )
    return None


def _upload(client: stripe.StripeClient, claim: Claim) -> str:
    """The file's id."""
    options: stripe.RequestOptions = {"idempotency_key": f"receipt:{claim.invoice}"}
    return patiently(
        lambda: client.v1.files.create({"purpose": "dispute_evidence", "file": _receipt(claim)}, options)
    ).id


def _receipt(claim: Claim) -> io.BytesIO:
    """One page, the same bytes in every run; read anew by every try."""
    written = io.BytesIO()
    page = Canvas(written, pagesize=A6, invariant=1)
    page.drawString(40, 360, "Demo shop")
    page.drawString(40, 340, f"Receipt for order {claim.invoice}")
    page.save()
    written.name = f"receipt-{claim.invoice}.pdf"
    written.seek(0)
    return written
