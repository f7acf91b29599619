"""What an Adyen dispute does to the balance, and what is told of it: taken, given back, ended.

All steps of a dispute carry its one pspReference; money moves at three of them, each once. No notification tells a
fee: it is on the settlement report's line.
Source: https://docs.adyen.com/risk-management/disputes-api/dispute-notifications and
https://docs.adyen.com/api-explorer/Webhooks/1, read 2026-11. Does not live here: why a step comes (`disputing.py`,
`dispute_verdicts.py`, `disputes.py`).
"""

from datetime import UTC, datetime

from ..books import Body, Record
from ..stripe import shapes
from ..stripe.dispute_moves import DISPUTE_FEE_MINOR
from .call import Call
from .dispute_defenses import defenses_against

NOTIFIED, CHARGED_BACK = "NOTIFICATION_OF_CHARGEBACK", "CHARGEBACK"
REVERSED, CHARGED_BACK_AGAIN = "CHARGEBACK_REVERSED", "SECOND_CHARGEBACK"
ASKED, SUPPLIED = "REQUEST_FOR_INFORMATION", "INFORMATION_SUPPLIED"
PERIOD_ENDED, ISSUER_SILENT = "DISPUTE_DEFENSE_PERIOD_ENDED", "ISSUER_RESPONSE_TIMEFRAME_EXPIRED"
CODES = (
    NOTIFIED, CHARGED_BACK, REVERSED, CHARGED_BACK_AGAIN, ASKED, SUPPLIED, PERIOD_ENDED, ISSUER_SILENT,
    "NOTIFICATION_OF_FRAUD", "PREARBITRATION_WON", "PREARBITRATION_LOST",
)  # fmt: skip

HOLDING = ("needs_response", "under_review", "lost")
INQUIRY = ("warning_needs_response", "warning_under_review")
# Step -> (what the balance sees of the amount, the fee, the category in the books).
_MOVES = {
    CHARGED_BACK: (-1, DISPUTE_FEE_MINOR, "dispute"),
    REVERSED: (1, 0, "dispute_reversal"),
    CHARGED_BACK_AGAIN: (-1, 0, "second_chargeback"),
}
_WITH_REASON = (NOTIFIED, CHARGED_BACK, CHARGED_BACK_AGAIN, SUPPLIED, PERIOD_ENDED)
_ANSWERABLE = (NOTIFIED, CHARGED_BACK, ASKED)


def step(call: Call, dispute: Record, code: str, dispute_status: str) -> None:
    """Book what moves at this step, tell of it, and save."""
    dispute.body["disputeStatus"] = dispute_status
    payment = call.payment(dispute.body["payment_intent"]).body
    if code in _MOVES:
        _book(call, dispute, payment, code)
    call.save(dispute)
    call.announce(
        code,
        payment,
        amount=dispute.body["amount"],
        psp_reference=dispute.id,
        merchant_reference=payment["merchantReference"],
        original_reference=payment["id"],
        reason=dispute.body["reason"],
        seen=_seen(dispute.body, code),
    )


def disputed_minor(call: Call, payment_id: str) -> int:
    """How much of a payment its disputes have, or are about to."""
    marks = ", ".join("?" * len(HOLDING))
    where = f"account = ? AND payment_intent = ? AND status IN ({marks})"
    found = call.books.select("disputes", where, (call.account, payment_id, *HOLDING))
    return sum(int(record.body["amount"]) for record in found)


def instant(epoch_seconds: float) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).isoformat(timespec="seconds")


def _book(call: Call, dispute: Record, payment: Body, code: str) -> None:
    sign, fee, category = _MOVES[code]
    transaction = shapes.balance_transaction(
        kind="adjustment",
        source=dispute.id,
        amount=sign * dispute.body["amount"],
        fee=fee,
        currency=dispute.body["currency"],
        now=int(call.now),
        description=payment["merchantReference"],
    )
    transaction |= {
        "id": f"{code}:{dispute.id}",
        "available_on": int(call.now),
        "status": "available",
        "reporting_category": category,
    }
    call.create(
        "balance_transactions",
        transaction,
        {
            "payment_intent": payment["id"],
            "charge": payment["id"],
            "refund": None,
            "metadata": payment["metadata"],
            "payment_metadata": payment["metadata"],
        },
    )


def _seen(body: Body, code: str) -> Body:
    """additionalData: every value a text, as at Adyen."""
    seen: Body = {"disputeStatus": body["disputeStatus"]}
    if code == ASKED:
        seen |= {"rfiReasonCode": body["reasonCode"], "rfiSchemeCode": body["scheme"]}
    if code in _WITH_REASON:
        seen |= {"chargebackReasonCode": body["reasonCode"], "chargebackSchemeCode": body["scheme"]}
        seen["modificationMerchantReferences"] = ""
    if code in _ANSWERABLE:
        seen["defensePeriodEndsAt"] = instant(body["defensePeriodEndsAt"])
        seen["defendable"] = str(bool(defenses_against(body["reasonCode"]))).lower()
    return seen
